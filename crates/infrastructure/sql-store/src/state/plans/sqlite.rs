//! The same promise on SQLite, of statements that were run: what they cost is counted in steps of its virtual machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sea_query_sqlx::SqlxBinder as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use vigie_domain::Scope;
use vigie_domain::query::{ListQuery, Schema};

use super::super::page::{self, Way};
use super::super::tables::{Size, TABLES};
use super::data::{PAGE, insert};
use super::{asked, open, queries};
use crate::engine::Engine;

/// Steps of the machine between two counts.
const UNIT: usize = 10;

/// Ten times the rows of a page, and some tens of steps for each: less than it takes to look at every row of the smallest table that grows.
const MOST_STEPS: usize = 4_000;

/// Each filter on an indexed column of each list, by the value of one row and by one that no row has, in each order, from the start and
/// from cursors; and each order without a filter.
#[tokio::test]
async fn lists_cost_what_they_return() {
    let (directory, store) = open().await;
    store.close().await;
    let mut connection = filled(&directory.path().join("vigie.db")).await;
    let (mut run, mut wrong) = (0, Vec::new());
    for table in TABLES {
        let unfiltered = queries(table.schema).into_iter().filter(|_| table.size == Size::Grows);
        for query in unfiltered.chain(asked(table).map(|(_, query)| query)) {
            let query = ListQuery { limit: PAGE, ..query };
            let steps = steps(&mut connection, table.schema, &query).await;
            run += 1;
            if steps > MOST_STEPS {
                wrong.push(format!("{} {:?} {:?}: {steps} steps", table.schema.table, query.filters, query.ordering));
            }
        }
    }
    assert!(run > 2000, "{run} statements were run");
    assert!(wrong.is_empty(), "{} of {run}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The database with its tables full.
async fn filled(path: &std::path::Path) -> SqliteConnection {
    let mut connection = SqliteConnectOptions::new().filename(path).foreign_keys(false).connect().await.unwrap();
    for table in TABLES {
        sqlx::raw_sql(AssertSqlSafe(insert(table, Engine::Sqlite))).execute(&mut connection).await.unwrap();
    }
    connection
}

/// Steps that the page takes.
async fn steps(connection: &mut SqliteConnection, schema: &'static Schema, query: &ListQuery) -> usize {
    let counted = Arc::new(AtomicUsize::new(0));
    let counter = counted.clone();
    let count = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        true
    };
    connection.lock_handle().await.unwrap().set_progress_handler(UNIT as i32, count);
    for statement in page::statements(schema, &Scope::system(), query, Way::Served).unwrap() {
        let (sql, values) = statement.build_sqlx(sea_query::SqliteQueryBuilder);
        sqlx::query_with(AssertSqlSafe(sql), values).fetch_all(&mut *connection).await.unwrap();
    }
    connection.lock_handle().await.unwrap().remove_progress_handler();
    counted.load(Ordering::Relaxed) * UNIT
}
