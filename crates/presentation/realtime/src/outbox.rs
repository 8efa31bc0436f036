//! The bounded queue in front of a socket. A reader that does not keep up is told once with a gap, then let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::frame::{ServerFrame, Subscribe};

/// Frames that may wait for one reader.
const DEPTH: usize = 256;

/// Where subscriptions put their frames. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    frames: mpsc::Sender<ServerFrame>,
    gap_told: Arc<AtomicBool>,
    too_slow: CancellationToken,
}

impl Outbox {
    /// A queue and its other end.
    pub fn new() -> (Self, mpsc::Receiver<ServerFrame>) {
        let (frames, queue) = mpsc::channel(DEPTH);
        (Self { frames, gap_told: Arc::default(), too_slow: CancellationToken::new() }, queue)
    }

    /// Puts a frame in; `false` when the socket is gone or given up.
    ///
    /// The last place is kept for the gap: the frame that finds the queue full becomes one, the next ends the connection.
    pub fn put(&self, frame: ServerFrame, subscription: &Subscribe) -> bool {
        if self.frames.capacity() > 1 {
            return self.frames.try_send(frame).is_ok();
        }
        metrics::counter!("realtime_frames_dropped_total").increment(1);
        if self.gap_told.swap(true, Ordering::AcqRel) {
            self.too_slow.cancel();
            return false;
        }
        let gap = ServerFrame { kind: "gap", seq: frame.seq, ..ServerFrame::new("gap", frame.timestamp) }.of(subscription);
        self.frames.try_send(gap).is_ok()
    }

    /// Puts a frame in once there is room: for what is read from the store, at the reader's pace. `false` when the socket is gone.
    pub async fn put_in_turn(&self, frame: ServerFrame) -> bool {
        self.frames.send(frame).await.is_ok()
    }

    /// Puts in a frame of the connection itself.
    pub fn reply(&self, frame: ServerFrame) -> bool {
        self.frames.try_send(frame).is_ok()
    }

    /// The queue was emptied: the reader keeps up again.
    pub fn drained(&self) {
        self.gap_told.store(false, Ordering::Release);
    }

    /// Cancelled when the reader is too slow.
    pub fn too_slow(&self) -> CancellationToken {
        self.too_slow.clone()
    }

    /// Waits until the socket is gone.
    pub async fn closed(&self) {
        self.frames.closed().await;
    }
}
