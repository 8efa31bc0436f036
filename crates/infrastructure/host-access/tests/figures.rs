//! The figures against what the kernel itself says at the same moment, read here in other ways.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::collections::HashMap;
use std::fs;
use std::process::Command;

use vigie_domain::Timestamp;
use vigie_domain::system::{Figure, HostProbe};
use vigie_host_access::{LocalHost, Roots};

fn by_name(figures: Vec<Figure>) -> HashMap<&'static str, Option<f64>> {
    figures.into_iter().filter(|figure| figure.label.is_none()).map(|figure| (figure.name, figure.value)).collect()
}

fn shell(script: &str) -> f64 {
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[track_caller]
fn near(name: &str, ours: Option<f64>, theirs: f64, least: f64) {
    let ours = ours.unwrap_or_else(|| panic!("{name} is missing, the kernel says {theirs}"));
    assert!((ours - theirs).abs() <= (theirs.abs() * 0.05).max(least), "{name}: ours {ours}, theirs {theirs}");
}

#[tokio::test]
async fn figures_are_what_the_kernel_says() {
    let host = LocalHost::default();
    let figures = by_name(host.figures(Timestamp(0)).await.unwrap());
    let awk = |program: &str, file: &str| shell(&format!("awk '{program}' /proc/{file}"));
    near("memory_total_bytes", figures["memory_total_bytes"], awk("/^MemTotal:/ {print $2 * 1024}", "meminfo"), 0.0);
    let used = awk("/^MemTotal:/ {t = $2} /^MemAvailable:/ {a = $2} END {print (t - a) * 1024}", "meminfo");
    near("memory_used_bytes", figures["memory_used_bytes"], used, 64e6);
    let swap = awk("/^SwapTotal:/ {t = $2} /^SwapFree:/ {f = $2} END {print (t - f) * 1024}", "meminfo");
    near("swap_used_bytes", figures["swap_used_bytes"], swap, 1e6);
    near("load_1m", figures["load_1m"], awk("{print $1}", "loadavg"), 0.3);
    near("uptime_seconds", figures["uptime_seconds"], awk("{print $1}", "uptime"), 1.0);
    near("open_files", figures["open_files"], awk("{print $1}", "sys/fs/file-nr"), 200.0);
    near("processes", figures["processes"], shell("ls -d /proc/[0-9]* | wc -l"), 10.0);
    let established = shell("cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == \"01\" || $4 == \"08\"' | wc -l");
    near("tcp_established", figures["tcp_established"], established, 3.0);
    for rate in ["cpu_ratio", "disk_read_bytes_per_second", "disk_write_bytes_per_second", "network_in_bps", "network_out_bps"] {
        assert_eq!(figures[rate], None, "{rate} needs two readings");
    }
}

#[tokio::test]
async fn disks_are_used_as_df_says() {
    let figures = LocalHost::default().figures(Timestamp(0)).await.unwrap();
    let disks: Vec<_> = figures.into_iter().filter(|figure| figure.name == "disk_used_ratio").collect();
    assert!(!disks.is_empty());
    for disk in disks {
        let path = disk.label.unwrap();
        let theirs = shell(&format!("df --output=pcent '{path}' | tail -1 | tr -d '%'")) / 100.0;
        near(&path, disk.value, theirs, 0.011);
    }
}

/// A host of text files, so that what moves can be moved by hand.
fn host() -> (tempfile::TempDir, LocalHost) {
    let files = tempfile::tempdir().unwrap();
    let (proc, sys) = (files.path().join("proc"), files.path().join("sys"));
    for folder in [proc.join("net"), sys.join("block/vda")] {
        fs::create_dir_all(folder).unwrap();
    }
    let host = LocalHost::at(Roots { proc, sys });
    (files, host)
}

fn write(files: &tempfile::TempDir, cpu: &str, disk: &str, network: &str) {
    let proc = files.path().join("proc");
    fs::write(proc.join("stat"), format!("cpu  {cpu} 0 0 0\n")).unwrap();
    fs::write(proc.join("diskstats"), format!(" 254 0 vda {disk}\n 254 1 vda1 {disk}\n")).unwrap();
    fs::write(proc.join("net/dev"), format!("lo: 9 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\neth0: {network} 0 0 0 0 0 0 0\n")).unwrap();
}

#[tokio::test]
async fn rates_are_over_the_time_since_the_call_before() {
    let (files, host) = host();
    write(&files, "0 0 0 100 0", "0 0 1000 0 0 0 2000 0", "1000 0 0 0 0 0 0 0 5000");
    host.figures(Timestamp(10_000)).await.unwrap();
    write(&files, "30 0 20 250 0", "0 0 1200 0 0 0 2600 0", "2000 0 0 0 0 0 0 0 9000");
    let figures = by_name(host.figures(Timestamp(12_000)).await.unwrap());
    assert_eq!(figures["cpu_ratio"], Some(0.25));
    assert_eq!(figures["disk_read_bytes_per_second"], Some(200.0 * 512.0 / 2.0));
    assert_eq!(figures["disk_write_bytes_per_second"], Some(600.0 * 512.0 / 2.0));
    assert_eq!(figures["network_in_bps"], Some(4000.0));
    assert_eq!(figures["network_out_bps"], Some(16_000.0));

    let again = by_name(host.figures(Timestamp(12_001)).await.unwrap());
    assert_eq!(again["network_in_bps"], Some(4000.0), "a call at once repeats the rates");

    write(&files, "30 0 20 350 0", "0 0 1 0 0 0 2600 0", "2000 0 0 0 0 0 0 0 9000");
    let figures = by_name(host.figures(Timestamp(13_000)).await.unwrap());
    assert_eq!(figures["disk_read_bytes_per_second"], None, "a counter that shrank was reset");
    assert_eq!((figures["network_in_bps"], figures["cpu_ratio"]), (Some(0.0), Some(0.0)));
}

#[tokio::test]
async fn a_host_that_tells_nothing_gives_no_values_and_no_error() {
    let (_files, host) = host();
    let figures = host.figures(Timestamp(0)).await.unwrap();
    assert!(figures.iter().filter(|figure| figure.name != "processes").all(|figure| figure.value.is_none()), "{figures:?}");
}

#[tokio::test]
async fn drops_of_a_real_socket_are_counted() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let host = LocalHost::default();
    assert_eq!(host.udp_drops(&[port]).await.unwrap().get(&port), Some(&0));
    let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    for _ in 0..2000 {
        sender.send_to(&[0; 1400], ("127.0.0.1", port)).unwrap();
    }
    assert!(host.udp_drops(&[port]).await.unwrap()[&port] > 0);
    assert!(host.udp_drops(&[1]).await.unwrap().is_empty());
}
