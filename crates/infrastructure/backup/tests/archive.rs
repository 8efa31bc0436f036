//! A backup comes back as it was, and anything else is told.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::{TempDir, tempdir};
use vigie_backup::{BackupFault, Manifest, Progress, Sight, Source, check, look, pack, unpack};

const PASSPHRASE: &str = "correct horse battery staple";

struct Desk {
    folder: TempDir,
    file: PathBuf,
    manifest: Manifest,
}

/// A backup of two files, one of them empty.
fn packed(passphrase: Option<&str>) -> Desk {
    let folder = tempdir().unwrap();
    let sources = [("vigie.db", "state ".repeat(100_000)), ("samples.db", String::new())].map(|(name, text)| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        Source { name, path }
    });
    let file = folder.path().join("kept.vigie");
    let manifest =
        Manifest { created_at: 1_700_000_000_123, vigie: "0.1.0".to_owned(), engine: "sqlite".to_owned(), ..Manifest::default() };
    let manifest = pack(&file, manifest, &sources, passphrase, &|_| true).unwrap();
    Desk { folder, file, manifest }
}

fn refusal(file: &Path, passphrase: Option<&str>) -> String {
    check(file, passphrase, &|_| true).unwrap_err().to_string()
}

#[test]
fn what_was_put_in_comes_out() {
    for passphrase in [None, Some(PASSPHRASE)] {
        let desk = packed(passphrase);
        assert_eq!(check(&desk.file, passphrase, &|_| true).unwrap(), desk.manifest);
        let into = tempdir().unwrap();
        let last = Mutex::new(Progress { done: 0, of: 0 });
        let manifest = unpack(&desk.file, passphrase, into.path(), &|at| {
            *last.lock().unwrap() = at;
            true
        })
        .unwrap();
        assert_eq!(manifest.bytes(), 600_000);
        assert_eq!(*last.lock().unwrap(), Progress { done: 600_000, of: 600_000 });
        for name in ["vigie.db", "samples.db"] {
            assert_eq!(fs::read(into.path().join(name)).unwrap(), fs::read(desk.folder.path().join(name)).unwrap());
            assert_eq!(fs::metadata(into.path().join(name)).unwrap().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::metadata(&desk.file).unwrap().mode() & 0o777, 0o600);
        assert!(fs::metadata(&desk.file).unwrap().len() < 20_000, "it is compressed");
        assert_eq!(fs::read_dir(desk.folder.path()).unwrap().count(), 3, "nothing unfinished is left");
    }
}

#[test]
fn without_a_passphrase_the_usual_tools_open_it() {
    let desk = packed(None);
    let mut text = Vec::new();
    let mut archive = tar::Archive::new(zstd::Decoder::new(fs::File::open(&desk.file).unwrap()).unwrap());
    let names: Vec<_> = archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().into_owned()).collect();
    assert_eq!(names, ["manifest.json", "vigie.db", "samples.db"].map(PathBuf::from));
    std::io::Read::read_to_end(&mut zstd::Decoder::new(fs::File::open(&desk.file).unwrap()).unwrap(), &mut text).unwrap();
    assert!(text.windows(10).any(|bytes| bytes == b"created_at"));
}

#[test]
fn under_a_passphrase_nothing_shows() {
    let desk = packed(Some(PASSPHRASE));
    assert!(matches!(check(&desk.file, None, &|_| true).unwrap_err(), BackupFault::NeedsPassphrase { .. }));
    assert!(refusal(&desk.file, Some("another")).contains("the passphrase is another"));
}

#[test]
fn an_altered_octet_is_noticed_wherever_it_is() {
    for passphrase in [None, Some(PASSPHRASE)] {
        let desk = packed(passphrase);
        let whole = fs::read(&desk.file).unwrap();
        // octets 8 to 20 are the cost of the key, which only makes another key
        for at in (0..8).chain((20..whole.len()).step_by(whole.len() / 12)).chain([whole.len() - 1]) {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            fs::write(&desk.file, altered).unwrap();
            // one octet of the frame's header (RFC 8878, section 3.1.1.1) only tells how much memory opening takes
            let harmless = passphrase.is_none() && at == 5;
            assert_eq!(check(&desk.file, passphrase, &|_| true).is_ok(), harmless, "octet {at} of {}", whole.len());
        }
    }
}

#[test]
fn a_cut_file_is_noticed_at_any_length() {
    for passphrase in [None, Some(PASSPHRASE)] {
        let desk = packed(passphrase);
        let whole = fs::read(&desk.file).unwrap();
        for length in (0..whole.len()).step_by(whole.len() / 12).chain([whole.len() - 1]) {
            fs::write(&desk.file, &whole[..length]).unwrap();
            assert!(check(&desk.file, passphrase, &|_| true).is_err(), "{length} of {} octets", whole.len());
        }
    }
}

#[test]
fn nothing_is_written_over_and_nothing_else_is_taken_for_a_backup() {
    let desk = packed(None);
    let again = pack(&desk.file, Manifest::default(), &[], None, &|_| true).unwrap_err();
    assert!(matches!(again, BackupFault::Exists { .. }), "{again}");
    fs::write(&desk.file, "SQLite format 3\0").unwrap();
    assert!(refusal(&desk.file, None).contains("is no backup of vigie"));
    assert!(refusal(&desk.folder.path().join("nowhere"), None).contains("No such file"));
}

/// A backup made by hand, with this manifest and one part of this name.
fn forged(folder: &Path, manifest: &serde_json::Value, name: &str) -> PathBuf {
    let file = folder.join("forged.vigie");
    let mut tar = tar::Builder::new(zstd::Encoder::new(fs::File::create(&file).unwrap(), 1).unwrap());
    for (name, bytes) in [("manifest.json", manifest.to_string()), (name, "text".to_owned())] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, bytes.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
    file
}

#[test]
fn a_forged_name_leaves_the_folder_never() {
    let folder = tempdir().unwrap();
    let into = folder.path().join("into");
    fs::create_dir(&into).unwrap();
    for name in ["../out", "/out", ".hidden", ""] {
        let part = serde_json::json!({"name": name, "bytes": 4, "sha256": ""});
        let manifest = serde_json::json!({"form": 1, "created_at": 0, "vigie": "", "engine": "", "schemas": {}, "rows": {}, "master_key_id": null, "parts": [part]});
        let file = forged(folder.path(), &manifest, name);
        let fault = unpack(&file, None, &into, &|_| true).unwrap_err();
        assert!(fault.to_string().contains("no plain name"), "{fault}");
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn a_newer_form_is_told() {
    let folder = tempdir().unwrap();
    let manifest = serde_json::json!({"form": 9, "created_at": 0, "vigie": "9", "engine": "", "schemas": {}, "rows": {}, "master_key_id": null, "parts": []});
    let fault = check(&forged(folder.path(), &manifest, "x"), None, &|_| true).unwrap_err();
    assert!(fault.to_string().contains("newer vigie (form 9, this one knows 1)"), "{fault}");
}

#[test]
fn its_beginning_tells_what_it_is() {
    let seen = |file: &Path| look(file, fs::File::open(file).unwrap());
    let open = packed(None);
    assert_eq!(seen(&open.file).unwrap(), Sight::Open(Box::new(open.manifest)));
    assert_eq!(seen(&packed(Some(PASSPHRASE)).file).unwrap(), Sight::Sealed);
    fs::write(&open.file, "text").unwrap();
    assert!(seen(&open.file).unwrap_err().to_string().contains("is no backup of vigie"));
}

#[test]
fn whoever_hears_of_it_may_stop_it_and_nothing_is_left() {
    let desk = packed(None);
    let path = desk.folder.path().join("vigie.db");
    let second = desk.folder.path().join("second.vigie");
    // the source is read twice: to sum it up, and to pack it
    for after in [0, 700_000, 1_000_000] {
        let heard = Mutex::new((0, 0));
        let go_on = |at: Progress| {
            let mut heard = heard.lock().unwrap();
            let (before, last) = *heard;
            let passed = if at.done < last { before + last } else { before };
            *heard = (passed, at.done);
            passed + at.done <= after
        };
        let source = Source { name: "vigie.db", path: path.clone() };
        let fault = pack(&second, Manifest::default(), &[source], None, &go_on).unwrap_err();
        assert!(matches!(fault, BackupFault::Stopped { .. }), "{fault}");
        assert_eq!(fs::read_dir(desk.folder.path()).unwrap().count(), 3, "nothing unfinished is left");
    }
    assert!(matches!(check(&desk.file, None, &|_| false).unwrap_err(), BackupFault::Stopped { .. }));
}

#[test]
fn a_folder_comes_out_as_it_was_and_other_tools_open_it() {
    for passphrase in [None, Some(PASSPHRASE)] {
        let (folder, into) = (tempdir().unwrap(), tempdir().unwrap());
        let (tree, file) = (folder.path().join("tree"), folder.path().join("kept.vigie"));
        let files =
            [("log/1.wal", 0), ("partitions/log-2026-11-28/.managed.json", 511), ("partitions/log-2026-11-28/a.idx", 300_000), ("z", 512)];
        for (name, length) in files {
            fs::create_dir_all(tree.join(name).parent().unwrap()).unwrap();
            fs::write(tree.join(name), vec![7_u8; length]).unwrap();
        }
        let source = Source { name: "events.tar", path: tree.clone() };
        let manifest = pack(&file, Manifest::default(), &[source], passphrase, &|_| true).unwrap();
        assert_eq!(check(&file, passphrase, &|_| true).unwrap(), manifest);
        unpack(&file, passphrase, into.path(), &|_| true).unwrap();
        for (name, length) in files {
            let path = into.path().join("events").join(name);
            assert_eq!(fs::read(&path).unwrap(), vec![7_u8; length], "{name}");
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        }
        if passphrase.is_none() {
            let mut outer = tar::Archive::new(zstd::Decoder::new(fs::File::open(&file).unwrap()).unwrap());
            let mut inner = tar::Archive::new(outer.entries().unwrap().nth(1).unwrap().unwrap());
            let names: Vec<_> = inner.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().into_owned()).collect();
            assert_eq!(names, files.map(|(name, _)| PathBuf::from(name)));
        }
    }
}

#[test]
fn what_a_folder_holds_leaves_it_never() {
    let forged = |name: &[u8], kind: tar::EntryType| {
        let mut inner = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(4);
        header.set_entry_type(kind);
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name);
        header.set_cksum();
        inner.append(&header, &b"text"[..]).unwrap();
        inner.into_inner().unwrap()
    };
    for (name, kind) in [
        ("../../out", tar::EntryType::Regular),
        ("/tmp/out-of-a-backup", tar::EntryType::Regular),
        ("a/../../../out", tar::EntryType::Regular),
        ("link", tar::EntryType::Symlink),
        ("folder", tar::EntryType::Directory),
    ] {
        let (folder, into) = (tempdir().unwrap(), tempdir().unwrap());
        let (path, file) = (folder.path().join("inner"), folder.path().join("kept.vigie"));
        fs::write(&path, forged(name.as_bytes(), kind)).unwrap();
        pack(&file, Manifest::default(), &[Source { name: "events.tar", path }], None, &|_| true).unwrap();
        let scratch = into.path().join("scratch");
        fs::create_dir(&scratch).unwrap();
        let fault = unpack(&file, None, &scratch, &|_| true).unwrap_err();
        assert!(matches!(fault, BackupFault::Damaged { .. }) && fault.to_string().contains("is no plain file below"), "{fault}");
        assert_eq!(fs::read_dir(into.path()).unwrap().count(), 1, "{name}");
    }
}
