//! Disks: what they moved (`/proc/diskstats`) and where file systems hang (`/proc/mounts`).

/// The kernel counts sectors of 512 bytes here, whatever the disk's own are
/// (Documentation/admin-guide/iostats.rst).
const SECTOR: u64 = 512;

/// Bytes moved since boot over all whole disks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskBytes {
    /// Read from disks.
    pub read: u64,
    /// Written to disks.
    pub written: u64,
}

impl DiskBytes {
    /// Sums the lines of `/proc/diskstats` whose device `is_disk` accepts.
    pub fn parse(text: &str, is_disk: impl Fn(&str) -> bool) -> Self {
        text.lines().filter_map(|line| counted(line, &is_disk)).fold(Self::default(), |sum, (read, written)| Self {
            read: sum.read.saturating_add(read),
            written: sum.written.saturating_add(written),
        })
    }
}

/// Bytes read and written of one line: major minor name reads merged sectors ms writes merged sectors …
fn counted(line: &str, is_disk: &impl Fn(&str) -> bool) -> Option<(u64, u64)> {
    let mut words = line.split_ascii_whitespace().skip(2);
    let name = words.next()?;
    if !is_disk(name) {
        return None;
    }
    let read: u64 = words.nth(2)?.parse().ok()?;
    let written: u64 = words.nth(3)?.parse().ok()?;
    Some((read.saturating_mul(SECTOR), written.saturating_mul(SECTOR)))
}

/// Whether a block device moves bytes that no other listed device counts again:
/// loops, RAM disks and the layers above disks (LVM, RAID) are left out.
pub fn is_physical(name: &str) -> bool {
    !["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd"].iter().any(|layer| name.starts_with(layer))
}

/// A mounted file system that stores something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Device or remote source.
    pub source: String,
    /// Where it is mounted.
    pub path: String,
    /// Type of the file system, as `ext4`.
    pub kind: String,
}

/// The mounts of `/proc/mounts` that hold data, each device once, at its first place.
/// Pseudo file systems and read-only images are left out; so are network mounts,
/// because asking a dead server for its size would block.
pub fn mounts(text: &str) -> Vec<Mount> {
    let mut found: Vec<Mount> = Vec::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let (Some(source), Some(path), Some(kind)) = (words.next(), words.next(), words.next()) else { continue };
        let (source, path) = (unescape(source), unescape(path));
        if !stores(&source, &path, kind) || found.iter().any(|mount| mount.source == source || mount.path == path) {
            continue;
        }
        found.push(Mount { source, path, kind: kind.to_owned() });
    }
    found
}

fn stores(source: &str, path: &str, kind: &str) -> bool {
    match kind {
        "squashfs" | "iso9660" | "udf" | "erofs" => false,
        "zfs" | "btrfs" | "bcachefs" => true,
        // the root of a container is one; those a container host sees elsewhere lie on a disk listed already
        "overlay" => path == "/",
        _ => source.starts_with("/dev/"),
    }
}

/// Undoes the octal escapes (`\040` is a blank) of fstab(5).
fn unescape(word: &str) -> String {
    if !word.contains('\\') {
        return word.to_owned();
    }
    let bytes = word.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let octal = bytes.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        let escaped = octal.and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        plain.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 4 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_whole_disks_only() {
        let text = "   7       0 loop0 9 9 9 9 9 9 9 9 9 9 9\n 254 0 vda 10 1 200 5 20 2 300 6 0 7 8 0 0 0 0\n 254 1 vda1 10 1 100 5 20 2 100 6 0 7 8\n 8 0 sda 1 0 2 0 3 0 4 0 0 0 0\nshort\n";
        let disks = ["vda", "sda", "loop0"];
        let bytes = DiskBytes::parse(text, |name| disks.contains(&name) && is_physical(name));
        assert_eq!(bytes, DiskBytes { read: 202 * 512, written: 304 * 512 });
    }

    #[test]
    fn keeps_file_systems_that_store_once_each() {
        let text = "proc /proc proc rw 0 0\n/dev/vda / ext4 rw 0 0\n/dev/vda /mnt/again ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/loop3 /snap squashfs ro 0 0\nsrv:/x /net nfs4 rw 0 0\n/dev/sdb1 /mnt/my\\040disk xfs rw 0 0\nbroken\n";
        let paths: Vec<_> = mounts(text).into_iter().map(|mount| mount.path).collect();
        assert_eq!(paths, ["/", "/mnt/my disk"]);
    }

    #[test]
    fn unescape_leaves_what_is_no_escape() {
        assert_eq!(unescape(r"a\b"), r"a\b");
        assert_eq!(unescape(r"a\04"), r"a\04");
        assert_eq!(unescape(r"\134x"), r"\x");
    }
}
