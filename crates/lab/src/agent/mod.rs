//! A request in, an answer out: SNMPv1, v2c (RFC 3416) and v3 (RFC 3414) without any socket.

mod community;
mod message;
mod pdu;
mod users;
mod usm;

pub use users::{LocalUser, User, Users};
pub use usm::{EngineState, Salts, UsmStats};

use bytes::Bytes;

use crate::mib::Mib;

/// The largest answer of equipment: what fits into one Ethernet frame.
pub const MAX_MESSAGE_FRAME: usize = 1_472;
/// The largest answer of servers: what fits into one UDP datagram.
pub const MAX_MESSAGE_DATAGRAM: usize = 65_507;

/// What one address serves.
pub trait Agent {
    /// The MIB of a community; none where it is not known, which is answered by silence.
    fn community(&self, community: &[u8]) -> Option<&dyn Mib>;
    /// The MIB of an SNMPv3 context.
    fn context(&self, context: &[u8]) -> Option<&dyn Mib>;
    /// Identity and time of the SNMPv3 engine.
    fn engine(&self) -> EngineState<'_>;
    /// A user with the keys of this engine.
    fn local_user(&self, name: &[u8]) -> Option<&LocalUser>;
    /// Largest message sent, in octets.
    fn max_message(&self) -> usize;
}

/// The answer to a datagram; none where an agent is silent: garbage, unknown community, notifications.
pub fn answer(agent: &dyn Agent, datagram: &[u8]) -> Option<Vec<u8>> {
    match message::version(datagram)? {
        0 | 1 => community::answer(agent, Bytes::copy_from_slice(datagram)),
        3 => usm::answer(agent, Bytes::copy_from_slice(datagram)),
        _ => None,
    }
}
