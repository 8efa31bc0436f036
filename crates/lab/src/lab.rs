//! The lab for programs: build it, start it, break things, stop it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::Ipv4Net;
use time::OffsetDateTime;

use crate::agent::User;
use crate::clock::LabClock;
use crate::error::LabError;
use crate::replay;
use crate::server::{Binding, Server};
use crate::world::{DeviceInfo, Ingredients, Link, Order, Reply, Status, World};

/// The community of every device.
pub const COMMUNITY: &str = "public";
/// The user with SHA-256 and AES-128 (authPriv).
pub const USER: &str = "vigie";
/// Its password of authentication.
pub const AUTH_PASSWORD: &str = "vigie-auth-secret";
/// Its password of privacy.
pub const PRIVACY_PASSWORD: &str = "vigie-priv-secret";
/// A user with the same password of authentication and no key to encrypt with (authNoPriv, SHA-256).
pub const AUTH_USER: &str = "vigie-auth";

/// A lab in the making.
#[derive(Debug, Clone)]
pub struct LabBuilder {
    prefix: Ipv4Net,
    port: u16,
    devices: usize,
    replay: Option<PathBuf>,
    seed: u64,
    epoch: Option<OffsetDateTime>,
    speed: f64,
    community: String,
    users: Vec<User>,
    binding: Binding,
    threads: usize,
}

/// The users of a lab that was told nothing else.
pub fn default_users() -> Vec<User> {
    vec![User::auth_priv(USER, AUTH_PASSWORD, PRIVACY_PASSWORD), User::auth_only(AUTH_USER, AUTH_PASSWORD)]
}

impl Default for LabBuilder {
    fn default() -> Self {
        Self {
            prefix: Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 10, 0), 24),
            port: 1161,
            devices: 200,
            replay: None,
            seed: 1,
            epoch: None,
            speed: 1.0,
            community: COMMUNITY.to_owned(),
            users: default_users(),
            binding: Binding::Auto,
            threads: 1,
        }
    }
}

/// Declares a setter of the builder.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        $($(#[$doc])* #[must_use] pub fn $name(mut self, $name: $type) -> Self { self.$name = $name; self })*
    };
}

impl LabBuilder {
    setters! {
        /// Loopback addresses to use, in order, without the first and the last: 127.0.10.0/24 by default.
        prefix: Ipv4Net,
        /// UDP port; 0 takes a free one. 1161 by default.
        port: u16,
        /// How many devices to simulate: 200 by default.
        devices: usize,
        /// What makes this campus differ from another: 1 by default.
        seed: u64,
        /// Where uptimes and counters start: the beginning of the year by default.
        epoch: Option<OffsetDateTime>,
        /// How many times faster than real the simulated day passes: 1 by default.
        speed: f64,
        /// Community of SNMPv1 and v2c.
        community: String,
        /// Users of SNMPv3.
        users: Vec<User>,
        /// How the addresses are taken.
        binding: Binding,
        /// Threads that answer: 1 by default.
        threads: usize,
    }

    /// Replays every recording of a directory after the simulated devices, an address each.
    #[must_use]
    pub fn replay(mut self, directory: impl Into<PathBuf>) -> Self {
        self.replay = Some(directory.into());
        self
    }

    /// Builds the campus, reads the recordings, opens the sockets and answers from then on.
    pub async fn start(self) -> Result<LabHandle, LabError> {
        tokio::task::spawn_blocking(move || self.start_blocking()).await.map_err(|e| LabError::Io(std::io::Error::other(e)))?
    }

    fn start_blocking(self) -> Result<LabHandle, LabError> {
        if !Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8).contains(&self.prefix) {
            return Err(LabError::NotLoopback(self.prefix));
        }
        if !(self.speed > 0.0 && self.speed <= 100_000.0) {
            return Err(LabError::Invalid(format!("speed {}: from above 0 to 100000", self.speed)));
        }
        let recordings = self.replay.as_deref().map(replay::load).transpose()?.unwrap_or_default();
        let asked = self.devices + recordings.len();
        let room = self.prefix.hosts().size_hint().0;
        if asked == 0 {
            return Err(LabError::Invalid("a lab of no devices".to_owned()));
        }
        let first = self.prefix.hosts().next().filter(|_| asked <= room);
        let first = first.ok_or(LabError::PrefixTooSmall { prefix: self.prefix, room, asked })?;
        let world = Arc::new(World::new(Ingredients {
            devices: self.devices,
            recordings,
            first,
            clock: LabClock::new(self.epoch, self.speed),
            seed: self.seed,
            community: self.community,
            users: self.users,
        })?);
        let server = Server::start(&world, self.port, self.binding, self.threads)?;
        Ok(LabHandle { world, server })
    }
}

/// A lab.
#[derive(Debug, Clone, Copy)]
pub struct Lab;

impl Lab {
    /// A lab of 200 devices on 127.0.10.0/24, port 1161, unless told otherwise.
    pub fn builder() -> LabBuilder {
        LabBuilder::default()
    }
}

/// A running lab. It stops when this is dropped.
pub struct LabHandle {
    world: Arc<World>,
    server: Server,
}

impl LabHandle {
    /// The UDP port of all devices.
    pub const fn port(&self) -> u16 {
        self.server.port()
    }

    /// Where the nth device answers.
    pub fn address(&self, nth: usize) -> Option<SocketAddr> {
        let ip = self.world.addresses().nth(nth)?;
        Some(SocketAddrV4::new(ip, self.port()).into())
    }

    /// The devices, by address.
    pub fn devices(&self) -> Vec<DeviceInfo> {
        self.world.devices()
    }

    /// The cabling: what discovery has to find.
    pub fn links(&self) -> Vec<Link> {
        self.world.links()
    }

    /// What is broken, and how much was answered.
    pub fn status(&self) -> Status {
        self.world.status()
    }

    /// Carries out a command.
    pub fn order(&self, order: Order) -> Result<Reply, LabError> {
        self.world.obey(order)
    }

    /// Cuts the cable of a port (number, ifIndex or name), or takes the power from the device.
    pub fn fail(&self, device: &str, port: Option<&str>) -> Result<Reply, LabError> {
        self.order(Order::Fail { device: device.to_owned(), port: port.map(str::to_owned), agent_only: false })
    }

    /// Silences the agent of a device, whose cables stay up.
    pub fn mute(&self, device: &str) -> Result<Reply, LabError> {
        self.order(Order::Fail { device: device.to_owned(), port: None, agent_only: true })
    }

    /// Mends a port, or a device and all of its ports.
    pub fn heal(&self, device: &str, port: Option<&str>) -> Result<Reply, LabError> {
        self.order(Order::Heal { device: device.to_owned(), port: port.map(str::to_owned) })
    }

    /// Starts a device anew.
    pub fn reboot(&self, device: &str) -> Result<Reply, LabError> {
        self.order(Order::Reboot { device: device.to_owned() })
    }

    /// Loses a share of the requests to a device and delays the answers to the others.
    pub fn degrade(&self, device: &str, loss: f64, delay_ms: u32) -> Result<Reply, LabError> {
        self.order(Order::Degrade { device: device.to_owned(), loss, delay_ms })
    }

    /// Loads a port to a share of its speed, in both directions.
    pub fn load(&self, device: &str, port: &str, ratio: f64) -> Result<Reply, LabError> {
        self.order(Order::Load { device: device.to_owned(), port: port.to_owned(), ratio })
    }

    /// Counts errors at a port.
    pub fn errors(&self, device: &str, port: &str, per_second: f64) -> Result<Reply, LabError> {
        self.order(Order::Errors { device: device.to_owned(), port: port.to_owned(), per_second })
    }

    /// Lets time pass at once: uptimes and counters grow as if it had.
    pub fn advance(&self, by: Duration) {
        self.world.clock().advance(by);
    }

    /// The lab behind the handle, for the control socket.
    pub(crate) const fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Stops answering and closes the sockets.
    pub async fn stop(mut self) {
        // joining threads blocks, if only for a moment
        let stopped = tokio::task::spawn_blocking(move || self.server.stop()).await;
        if let Err(error) = stopped {
            tracing::error!(%error, "the lab did not stop as it should");
        }
    }
}
