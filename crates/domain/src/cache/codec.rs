//! Values as the cache holds them: shared in memory as they are, as JSON wherever else.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// A cached value, shared and not copied.
pub type CacheValue = Arc<dyn Any + Send + Sync>;

/// What makes a value that is not there, and how the value travels. It runs on its own: it must not borrow from, nor carry the rights or the
/// deadline of, whoever asks first.
pub struct CacheLoad {
    /// Makes the value.
    pub make: Pin<Box<dyn Future<Output = Result<CacheValue>> + Send>>,
    /// How a value of its type travels.
    pub codec: Codec,
}

impl CacheLoad {
    /// What this future makes.
    pub fn of<T: Serialize + DeserializeOwned + Send + Sync + 'static>(make: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        Self { make: Box::pin(async move { make.await.map(|value| Arc::new(value) as CacheValue) }), codec: Codec::of::<T>() }
    }
}

impl fmt::Debug for CacheLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheLoad")
    }
}

/// Carries values of one type over to bytes and back.
#[derive(Clone, Copy, Debug)]
pub struct Codec {
    encode: fn(&CacheValue) -> Result<Vec<u8>>,
    decode: fn(&[u8]) -> Result<CacheValue>,
}

impl Codec {
    /// The codec of a type: JSON.
    pub fn of<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> Self {
        Self { encode: encode::<T>, decode: decode::<T> }
    }

    /// The bytes of a value. Fails for a value of another type, and for one that JSON cannot hold.
    pub fn encode(&self, value: &CacheValue) -> Result<Vec<u8>> {
        (self.encode)(value)
    }

    /// The value in these bytes. Fails for bytes that hold no value of the type.
    pub fn decode(&self, bytes: &[u8]) -> Result<CacheValue> {
        (self.decode)(bytes)
    }
}

fn encode<T: Serialize + 'static>(value: &CacheValue) -> Result<Vec<u8>> {
    let value: &T = value.downcast_ref().ok_or_else(|| Error::storage(std::fmt::Error))?;
    serde_json::to_vec(value).map_err(Error::storage)
}

fn decode<T: DeserializeOwned + Send + Sync + 'static>(bytes: &[u8]) -> Result<CacheValue> {
    serde_json::from_slice::<T>(bytes).map(|value| Arc::new(value) as CacheValue).map_err(Error::storage)
}
