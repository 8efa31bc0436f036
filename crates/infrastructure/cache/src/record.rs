//! A value on its way out of the process: what it is, how long and under which versions of tags it holds, and a sum over all of it.
//!
//! Layout: `VGC1`, CRC-32 of the rest, length of the header (both little-endian), the header as JSON, the value.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use vigie_domain::cache::{CacheEntry, CacheValue, Codec, TagVersion};
use vigie_domain::{Error, ErrorKind, Result, Sealed, Sealer, Timestamp};

const MAGIC: &[u8; 4] = b"VGC1";
const HEAD: usize = 12;
/// What secrets in records are sealed for.
const PURPOSE: &str = "cache";

/// A value, or the knowledge that there is none.
#[derive(Clone)]
pub(crate) enum Content {
    Value(CacheValue),
    Absent(Error),
}

impl Content {
    pub fn result(&self) -> Result<CacheValue> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Absent(error) => Err(error.clone()),
        }
    }
}

/// What stands before the value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    pub key: String,
    /// It is fresh before this.
    pub fresh_until: i64,
    /// It may be served, stale, before this.
    pub keep_until: i64,
    pub tags: Vec<String>,
    /// Versions of its tags in the store that nodes share, that of everything last; absent when it was made without that store.
    pub shared: Option<Vec<TagVersion>>,
    /// How the disk stood when it was made; for the disk alone.
    pub local: Option<LocalMark>,
    absent: Option<Absent>,
    is_sealed: bool,
}

/// How the disk stood when a value was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LocalMark {
    /// Raised when nothing holds any more.
    pub epoch: u64,
    /// Raised when messages of other nodes may have been missed.
    pub session: u64,
    /// Versions of its tags.
    pub versions: Vec<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Absent {
    code: String,
    detail: String,
}

/// A record taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub header: Header,
    pub payload: Bytes,
}

impl Record {
    /// Of a value whose bytes are known; `None` when it is secret and nothing can seal it.
    pub fn of(key: String, entry: &CacheEntry, content: &Content, bytes: &[u8], spans: Span, sealer: Option<&dyn Sealer>) -> Option<Self> {
        let absent = match content {
            Content::Value(_) => None,
            Content::Absent(error) => Some(Absent { code: error.code().to_owned(), detail: error.detail().to_owned() }),
        };
        let payload = if entry.is_secret { Bytes::from(sealer?.seal(PURPOSE, bytes).ok()?.0) } else { Bytes::copy_from_slice(bytes) };
        let header = Header {
            key,
            fresh_until: spans.fresh_until.0,
            keep_until: spans.keep_until.0,
            tags: entry.tags.clone(),
            shared: None,
            local: None,
            absent,
            is_sealed: entry.is_secret,
        };
        Some(Self { header, payload })
    }

    pub fn encode(&self) -> Result<Bytes> {
        let header = serde_json::to_vec(&self.header).map_err(Error::storage)?;
        let mut bytes = Vec::with_capacity(HEAD + header.len() + self.payload.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(&self.payload);
        let sum = crc32fast::hash(&bytes[8..]);
        bytes[4..8].copy_from_slice(&sum.to_le_bytes());
        Ok(bytes.into())
    }

    /// Takes bytes apart; `None` when they are not what was written for this key.
    pub fn parse(bytes: &Bytes, key: &str) -> Option<Self> {
        let number = |at: usize| bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
        if bytes.get(..4)? != MAGIC || number(4)? != crc32fast::hash(bytes.get(8..)?) {
            return None;
        }
        let end = HEAD.checked_add(number(8)? as usize)?;
        let header: Header = serde_json::from_slice(bytes.get(HEAD..end)?).ok()?;
        (header.key == key).then(|| Self { header, payload: bytes.slice(end..) })
    }

    /// The value; `None` when it cannot be read.
    pub fn content(&self, codec: Codec, sealer: Option<&dyn Sealer>) -> Option<Content> {
        if let Some(absent) = &self.header.absent {
            let error = Error::new(ErrorKind::ResourceNotFound, absent.code.clone(), absent.detail.clone());
            return Some(Content::Absent(error));
        }
        if !self.header.is_sealed {
            return codec.decode(&self.payload).ok().map(Content::Value);
        }
        let sealed = Sealed(String::from_utf8(self.payload.to_vec()).ok()?);
        let clear = sealer?.open(PURPOSE, &sealed).ok()?;
        codec.decode(&clear).ok().map(Content::Value)
    }

    pub fn span(&self) -> Span {
        Span { fresh_until: Timestamp(self.header.fresh_until), keep_until: Timestamp(self.header.keep_until) }
    }
}

/// Until when a value is fresh, and until when it may be served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub fresh_until: Timestamp,
    pub keep_until: Timestamp,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record() -> Record {
        let content = Content::Value(std::sync::Arc::new(7_u32));
        let span = Span { fresh_until: Timestamp(1), keep_until: Timestamp(2) };
        let entry = CacheEntry::new("devices", "a").tags(["devices"]);
        Record::of("devices:a".to_owned(), &entry, &content, b"7", span, None).unwrap()
    }

    #[test]
    fn a_record_comes_back_for_its_key_alone() {
        let bytes = record().encode().unwrap();
        let back = Record::parse(&bytes, "devices:a").unwrap();
        let Some(Content::Value(value)) = back.content(Codec::of::<u32>(), None) else { panic!("no value") };
        assert_eq!(value.downcast_ref(), Some(&7_u32));
        assert!(Record::parse(&bytes, "devices:b").is_none());
        assert!(back.content(Codec::of::<String>(), None).is_none());
    }

    #[test]
    fn a_secret_is_not_written_where_nothing_can_seal_it() {
        let content = Content::Value(std::sync::Arc::new(7_u32));
        let span = Span { fresh_until: Timestamp(1), keep_until: Timestamp(2) };
        let entry = CacheEntry { is_secret: true, ..CacheEntry::new("keys", "a") };
        assert!(Record::of("keys:a".to_owned(), &entry, &content, b"7", span, None).is_none());
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_seen(at in 0_usize..100, by in 1_u8..=255) {
            let mut bytes = record().encode().unwrap().to_vec();
            let at = at % bytes.len();
            bytes[at] ^= by;
            prop_assert!(Record::parse(&bytes.into(), "devices:a").is_none());
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(Record::parse(&bytes.into(), "devices:a").is_none());
        }
    }
}
