//! What can go wrong with a lab.

use std::path::PathBuf;

/// Why a lab does not start, or a command to it fails.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The prefix has fewer addresses than devices were asked for.
    #[error("{prefix} has room for {room} devices, {asked} were asked for: give a wider prefix such as 127.1.0.0/16")]
    PrefixTooSmall {
        /// Prefix given.
        prefix: ipnet::Ipv4Net,
        /// Addresses in it.
        room: usize,
        /// Devices asked for.
        asked: usize,
    },
    /// The prefix is not on loopback.
    #[error("{0} is not within 127.0.0.0/8: the lab answers on loopback addresses alone")]
    NotLoopback(ipnet::Ipv4Net),
    /// An option that cannot be.
    #[error("{0}")]
    Invalid(String),
    /// A socket could not be opened.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Address and port.
        address: std::net::SocketAddrV4,
        /// Cause.
        source: std::io::Error,
    },
    /// A file or directory could not be used.
    #[error("cannot use {path}: {source}")]
    File {
        /// Path.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A directory without recordings.
    #[error("no *.snmprec or *.snmprec.gz in {0}")]
    NoRecordings(PathBuf),
    /// Another lab has the control socket.
    #[error("another lab is controlled by {0}: give this one its own --control")]
    ControlTaken(PathBuf),
    /// No lab answers.
    #[error("no lab answers on {path}: {source}")]
    NoLab {
        /// Control socket.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// No device of that name, alias or address.
    #[error("no device {0}: `vigie lab list` names them")]
    UnknownDevice(String),
    /// No such port.
    #[error("{device} has no port {port}")]
    UnknownPort {
        /// Device.
        device: String,
        /// Port as given.
        port: String,
    },
    /// The lab refused a command.
    #[error("{0}")]
    Refused(String),
    /// Keys could not be derived.
    #[error("user {user}: {reason}")]
    User {
        /// USM user.
        user: String,
        /// What is wrong.
        reason: String,
    },
    /// Something else about the machine.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
