//! How many requests a core of the lab answers: `cargo run --release -p vigie-lab --example bench -- [devices] [seconds]`.
//!
//! The last line is one JSON object. Requests come from threads of the same process; what is counted is the
//! processor time of the lab's own thread.

use std::error::Error;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_snmp::message::CommunityMessage;
use async_snmp::pdu::{GetBulkPdu, RequestPdu};
use async_snmp::{Oid, VarBind, Version};
use vigie_lab::{Binding, Lab, LabHandle};

const IN_FLIGHT: usize = 256;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<usize>());
    let devices = args.next().transpose()?.unwrap_or(10_000);
    let seconds = args.next().transpose()?.unwrap_or(3);
    let mut results = Vec::new();
    for (name, binding, count) in [("any", Binding::Any, devices), ("each", Binding::Each, devices.min(200))] {
        let started = Instant::now();
        let lab = Lab::builder().prefix("127.64.0.0/12".parse()?).port(0).devices(count).binding(binding).start().await?;
        let ready = started.elapsed();
        for (request, messages) in [("get-10", get_ten(&lab)?), ("bulk-8x6", bulk(&lab)?)] {
            let rate = measure(&lab, messages, Duration::from_secs(seconds as u64))?;
            println!("{count} devices, socket {name}, {request}: {rate:.0} requests per second of one core");
            results.push(format!("\"{name}_{}\":{rate:.0}", request.replace('-', "_")));
        }
        println!("{count} devices, socket {name}: ready after {ready:?}, {} kB resident", resident_kb()?);
        lab.stop().await;
    }
    println!("{{\"bench\":\"lab\",\"devices\":{devices},{}}}", results.join(","));
    Ok(())
}

/// Counters, status and name of one cabled interface of each device.
fn get_ten(lab: &LabHandle) -> Result<Vec<Vec<u8>>, Failure> {
    lab.devices().iter().map(|d| get_ten_of(d.links.first().map_or(1, |l| l.a.if_index))).collect()
}

fn get_ten_of(port: u32) -> Result<Vec<u8>, Failure> {
    let columns: [&[u32]; 10] = [
        &[31, 1, 1, 1, 6],
        &[31, 1, 1, 1, 10],
        &[31, 1, 1, 1, 7],
        &[31, 1, 1, 1, 11],
        &[2, 2, 1, 13],
        &[2, 2, 1, 14],
        &[2, 2, 1, 19],
        &[2, 2, 1, 20],
        &[2, 2, 1, 8],
        &[31, 1, 1, 1, 1],
    ];
    let oids: Vec<Oid> = columns.iter().map(|c| Oid::new([1, 3, 6, 1, 2, 1].iter().chain(*c).copied().chain([port]))).collect();
    Ok(CommunityMessage::v2c("public", RequestPdu::get(Version::V2c, 7, &oids)?.into_raw())?.encode()?.to_vec())
}

/// Eight columns, six rows.
fn bulk(lab: &LabHandle) -> Result<Vec<Vec<u8>>, Failure> {
    let columns = [[31, 6], [31, 10], [31, 7], [31, 11], [2, 13], [2, 14], [2, 19], [2, 20]];
    let names = columns.map(|[table, column]| match table {
        31 => VarBind::null(Oid::from_slice(&[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, column])),
        _ => VarBind::null(Oid::from_slice(&[1, 3, 6, 1, 2, 1, 2, 2, 1, column])),
    });
    let message = CommunityMessage::v2c("public", GetBulkPdu::new(Version::V2c, 7, 0, 6, names.to_vec())?.into_raw())?.encode()?.to_vec();
    Ok(vec![message; lab.devices().len()])
}

/// Requests a second of the lab's processor time.
fn measure(lab: &LabHandle, messages: Vec<Vec<u8>>, length: Duration) -> Result<f64, Failure> {
    let requests: Vec<_> = messages.into_iter().enumerate().filter_map(|(n, message)| Some((lab.address(n)?, message))).collect();
    let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let before = lab_cpu()?;
    let asking = {
        let (stop, answers) = (Arc::clone(&stop), Arc::clone(&answers));
        std::thread::spawn(move || ask(&requests, &stop, &answers))
    };
    std::thread::sleep(length);
    let (spent, answered) = (lab_cpu()? - before, answers.load(Ordering::Relaxed));
    stop.store(true, Ordering::Relaxed);
    asking.join().map_err(|_| "the asking thread panicked")??;
    Ok(answered as f64 / spent)
}

fn ask(requests: &[(SocketAddr, Vec<u8>)], stop: &AtomicBool, answers: &AtomicU64) -> Result<(), std::io::Error> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_millis(20)))?;
    let mut buffer = vec![0_u8; 65_536];
    let mut turn = requests.iter().cycle();
    let mut waiting = 0;
    while !stop.load(Ordering::Relaxed) {
        while waiting < IN_FLIGHT {
            let Some((target, message)) = turn.next() else { return Ok(()) };
            socket.send_to(message, target)?;
            waiting += 1;
        }
        match socket.recv_from(&mut buffer) {
            Ok(_) => {
                answers.fetch_add(1, Ordering::Relaxed);
                waiting -= 1;
            }
            // whatever was lost is asked again
            Err(_) => waiting = 0,
        }
    }
    Ok(())
}

/// Processor seconds of the threads named `lab-agent-…` (proc(5), fields 14 and 15 of `stat`, in hundredths).
fn lab_cpu() -> Result<f64, Failure> {
    let mut ticks = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let stat = std::fs::read_to_string(task?.path().join("stat"))?;
        let Some((name, fields)) = stat.rsplit_once(')') else { continue };
        if name.contains("lab-agent") {
            ticks += fields.split_whitespace().skip(11).take(2).filter_map(|f| f.parse::<f64>().ok()).sum::<f64>();
        }
    }
    Ok(ticks / 100.0)
}

fn resident_kb() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}
