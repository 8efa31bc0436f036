//! One request and its answer: permits, transmissions, timeouts, counting.

use std::future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_snmp::error::ErrorStatus;
use async_snmp::{Oid, UdpClient, VarBind};
use tokio::time::timeout;

use crate::engine::SnmpEngine;
use crate::fault::Fault;
use crate::refusal::{self, Side};
use crate::session::Session;

/// An agent that takes longer than this for its first answer is also asked whether the port refuses.
const PATIENCE: Duration = Duration::from_millis(100);

/// A host that refuses says so within a round trip.
const REFUSAL: Duration = Duration::from_millis(500);

/// What is asked.
#[derive(Clone, Copy)]
pub(crate) enum Ask<'a> {
    /// GET of instances.
    Get(&'a [Oid]),
    /// GETNEXT behind cursors.
    Next(&'a [Oid]),
    /// GETBULK behind cursors; so many rows are still wanted.
    Bulk(&'a [Oid], usize),
}

/// How often and how long one target may be asked.
#[derive(Clone, Copy)]
pub(crate) struct Tries {
    pub timeout: Duration,
    pub retries: u32,
}

impl SnmpEngine {
    /// Asks until an answer comes or the tries are used up.
    pub(crate) async fn exchange(&self, session: &Arc<Session>, ask: Ask<'_>, tries: Tries) -> Result<Vec<VarBind>, Fault> {
        let closed = || Fault::Local("the engine stopped".to_owned());
        let turn = session.enter().await.ok_or_else(closed)?;
        let outcome = match self.lanes[session.lane].permits.acquire().await {
            Ok(_lane) => self.transmissions(session, ask, tries).await,
            Err(_) => Err(closed()),
        };
        session.leave(turn);
        if outcome == Err(Fault::Silent) {
            self.doubt(session);
        }
        outcome
    }

    async fn transmissions(&self, session: &Arc<Session>, ask: Ask<'_>, tries: Tries) -> Result<Vec<VarBind>, Fault> {
        for attempt in 0..=tries.retries {
            let wait = session.timeout(attempt).min(tries.timeout);
            let in_flight = self.counters.sent(attempt);
            let began = Instant::now();
            let doubtful = attempt > 0 || !session.is_known();
            let outcome = tokio::select! {
                outcome = timeout(wait, send(&session.client, ask, session)) => outcome,
                () = self.refused(session, wait, doubtful) => return Err(Fault::Refused),
            };
            drop(in_flight);
            match outcome {
                Ok(Ok(bindings)) => {
                    self.answered(session, began.elapsed(), bindings.len());
                    if let Ask::Bulk(..) = ask {
                        session.bulk_fitted(bindings.len());
                    }
                    return Ok(bindings);
                }
                Ok(Err(error)) => match Fault::of(&error) {
                    Fault::Silent => {}
                    fault => return Err(self.answered_badly(session, began.elapsed(), fault)),
                },
                Err(_elapsed) => {}
            }
            self.counters.timed_out();
            session.lost();
            if let Ask::Bulk(..) = ask {
                session.bulk_failed();
            }
        }
        Err(Fault::Silent)
    }

    /// Ends only when the host says that nothing listens on the port.
    async fn refused(&self, session: &Session, wait: Duration, doubtful: bool) {
        if doubtful {
            tokio::time::sleep(PATIENCE.min(wait / 2)).await;
            if let Ok(_permit) = self.side_probes.acquire().await
                && refusal::ask(session.peer, wait.min(REFUSAL)).await == Side::Refused
            {
                return;
            }
        }
        future::pending::<()>().await;
    }

    fn answered(&self, session: &Arc<Session>, took: Duration, values: usize) {
        self.counters.answered(took, values);
        if session.answered(took) {
            self.keep(session);
        }
    }

    fn answered_badly(&self, session: &Arc<Session>, took: Duration, fault: Fault) -> Fault {
        match &fault {
            Fault::Status { status: ErrorStatus::TooBig, .. } => self.counters.too_big(),
            Fault::Malformed(_) => self.counters.malformed(),
            Fault::UnknownUser | Fault::WrongDigest | Fault::UnsupportedLevel | Fault::Undecryptable | Fault::NotInTimeWindow => {
                self.counters.reported();
            }
            _ => {}
        }
        // a report proves nothing about the credential: only the agent's own answer makes the session worth keeping
        match &fault {
            Fault::Status { .. } => self.answered(session, took, 0),
            fault if fault.is_answer() => self.counters.answered(took, 0),
            _ => {}
        }
        fault
    }
}

async fn send(client: &UdpClient, ask: Ask<'_>, session: &Session) -> async_snmp::Result<Vec<VarBind>> {
    match ask {
        Ask::Get(oids) => Ok(client.get_many(oids).await?.varbinds),
        Ask::Next(cursors) => Ok(client.get_next_many(cursors).await?.varbinds),
        Ask::Bulk(cursors, rows) => {
            let repetitions = session.repetitions(cursors.len(), rows);
            Ok(client.get_bulk_with_metadata(cursors, 0, repetitions).await?.varbinds)
        }
    }
}
