//! Claiming jobs: one owner at a time, for as long as its lease; a token that grows with each claim fences off the one before.

use sea_query::{Cond, Expr, ExprTrait as _, Order, Query, SelectStatement};
use vigie_domain::store::Entity as _;
use vigie_domain::system::{Job, JobStatus};
use vigie_domain::{Result, Timestamp};

use super::write;
use crate::engine::{self, Connection};
use crate::error;

/// The job that is due, if any: queued and its time has come, or running and its lease has ended.
pub(crate) async fn due(connection: &mut Connection<'_>, kinds: &[&str], now: Timestamp) -> Result<Option<Job>> {
    let row = engine::first(connection, &statement(kinds, now)).await.map_err(error::storage)?;
    row.map(|row| Job::from_document(&row.text(0)?)).transpose()
}

/// Gives the job that is due to an owner. To be called in a transaction.
pub(crate) async fn claim(
    connection: &mut Connection<'_>,
    kinds: &[&str],
    owner: &str,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Job>> {
    let Some(job) = due(connection, kinds, now).await? else { return Ok(None) };
    let claimed = Job {
        status: JobStatus::Running,
        owner: Some(owner.to_owned()),
        lease_until: Some(lease_until),
        attempts: job.attempts + 1,
        fencing: job.fencing + 1,
        started_at: job.started_at.or(Some(now)),
        ..job
    };
    write::update(connection, Job::SCHEMA, &claimed.record()?).await?;
    Ok(Some(claimed))
}

fn statement(kinds: &[&str], now: Timestamp) -> SelectStatement {
    let queued = Cond::all().add(Expr::col("status").eq(JobStatus::Queued.word())).add(Expr::col("run_at").lte(now.0));
    let lapsed = Cond::all().add(Expr::col("status").eq(JobStatus::Running.word())).add(Expr::col("lease_until").lt(now.0));
    let mut select = Query::select();
    select
        .column("document")
        .from(Job::SCHEMA.table)
        .and_where(Expr::col("kind").is_in(kinds.iter().copied()))
        .cond_where(Cond::any().add(queued).add(lapsed))
        .order_by("run_at", Order::Asc)
        .order_by("id", Order::Asc)
        .limit(1);
    select
}
