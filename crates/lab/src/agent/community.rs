//! SNMPv1 and v2c: whoever knows the community is welcome, whoever does not hears nothing.

use async_snmp::message::CommunityMessage;
use async_snmp::{DecodeConfig, Version};
use bytes::Bytes;

use super::{Agent, message, pdu};

/// Octets around the bindings, besides the community.
const ENVELOPE: usize = 36;

/// Answers a v1 or v2c message.
pub fn answer(agent: &dyn Agent, datagram: Bytes) -> Option<Vec<u8>> {
    let decoded = CommunityMessage::decode(datagram, DecodeConfig::DEFAULT).ok()?.value;
    let is_v1 = decoded.version() == Version::V1;
    let community = decoded.community().as_bytes();
    let mib = agent.community(community)?;
    let request = decoded.pdu().standard()?;
    let room = agent.max_message().saturating_sub(ENVELOPE + community.len());
    let answer = pdu::answer(mib, request, is_v1, room)?;
    message::community(i32::from(!is_v1), community, &answer)
}
