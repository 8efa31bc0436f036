//! Standing by: waiting for a database that another server works on, and knowing other servers by their number.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Row as _};

use super::OpenError;
use super::postgres::{self, is_taken};

/// How long one question for the lock stands; between two it is looked who has it.
const QUESTION: &str = "5s";

/// Pause before a server is asked again that did not answer. The server that worked on its database has its lock back in less.
const PAUSE: Duration = Duration::from_secs(5);

/// The key of the lock of a node: `node` in ASCII, above its number.
const NODE: i64 = 0x6e_6f_64_65 << 32;

/// Waits until no other server works on the state in the database at this URL. `told` hears why it waits, in words, as often as it is looked at.
/// Another one may still come first: opening the database tells.
///
/// # Errors
/// What waiting does not mend: the address, the user, a database that is not there or does not fit.
pub async fn wait_for_turn(url: &str, mut told: impl FnMut(String)) -> Result<(), OpenError> {
    let options = postgres::options(url, crate::state::SCHEMA)?;
    loop {
        match turn(&options, &mut told).await {
            Err(away @ OpenError::Unreachable { .. }) => told(away.to_string()),
            other => return other,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn turn(options: &PgConnectOptions, told: &mut impl FnMut(String)) -> Result<(), OpenError> {
    let place = postgres::place(options);
    let mut connection = postgres::connect(options, &place).await?;
    postgres::suits(&mut connection, &place).await?;
    let key = postgres::LOCK + crate::state::SHARE;
    while let Err(error) = postgres::take_lock(&mut connection, key, QUESTION).await {
        if !is_taken(&error) {
            return Err(postgres::unreachable(&place, &error));
        }
        told(format!("{} works on the database {place}", postgres::holder(&mut connection, key).await));
    }
    connection.close().await.map_err(|e| postgres::unreachable(&place, &e))
}

/// The number of this node, held as long as this lives.
#[derive(Debug)]
pub struct NodeNumber {
    _connection: PgConnection,
}

/// Takes the number of this node among the servers of one database.
///
/// # Errors
/// [`OpenError::NodeTaken`] while another server has it; those of connecting.
pub async fn take_node_number(url: &str, number: u32) -> Result<NodeNumber, OpenError> {
    let options = postgres::options(url, crate::state::SCHEMA)?;
    let place = postgres::place(&options);
    let mut connection = postgres::connect(&options, &place).await?;
    let key = NODE + i64::from(number);
    let taken = sqlx::query("SELECT pg_try_advisory_lock($1)").bind(key).fetch_one(&mut connection).await;
    let is_ours: bool = taken.and_then(|row| row.try_get(0)).map_err(|e| postgres::unreachable(&place, &e))?;
    if is_ours {
        return Ok(NodeNumber { _connection: connection });
    }
    Err(OpenError::NodeTaken { number, holder: postgres::holder(&mut connection, key).await, place })
}
