//! The conformance suite of [`vigie_domain::store::Store`].

pub mod jobs;
pub mod lists;
pub mod orderings;
pub mod outbox;
pub mod scopes;
pub mod units;
pub mod walks;
pub mod writes;

use std::any::Any;
use std::sync::Arc;

use vigie_domain::store::{Entity, Store, Write as _};

/// A store, and what must live as long as it (its directory, its server).
pub struct Fixture {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Dropped after it.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl Fixture {
    /// A store with what it needs.
    pub fn new(store: impl Store + 'static, keep: impl Any + Send + Sync) -> Self {
        Self { store: Arc::new(store), keep: Box::new(keep) }
    }
}

/// Writes objects of one kind in a unit of their own.
pub async fn put<E: Entity>(store: &dyn Store, entities: &[E]) {
    let mut unit = store.begin().await.unwrap();
    unit.upsert(entities).await.unwrap();
    unit.commit().await.unwrap();
}

/// Every case of the suite as a test: `store_conformance!(open)` where `open` is an `async fn() -> Option<Fixture>`, `None` where
/// what it needs is not installed.
#[macro_export]
macro_rules! store_conformance {
    ($open:path) => {
        $crate::store_conformance! { @cases $open;
            writes::objects_are_read_back_whole
            writes::text_that_devices_tell_is_kept_however_long
            writes::a_taken_name_is_refused_naming_the_field
            writes::a_taken_address_is_refused_naming_the_field
            writes::sites_are_unique_below_their_parent
            writes::one_alert_a_key_is_open
            writes::upserts_insert_replace_and_keep_the_last
            writes::updates_tell_whether_there_was_something
            writes::what_belongs_to_a_device_goes_with_it
            writes::what_belongs_to_a_missing_device_is_left_out
            writes::what_is_in_use_is_not_deleted
            writes::deletes_by_filter_are_bounded
            writes::the_default_realm_is_there
            lists::every_operator_selects_what_it_says
            lists::text_is_matched_literally
            lists::relations_are_one_step
            lists::search_wants_every_word
            lists::rows_are_counted
            lists::many_rows_keep_their_order
            lists::many_rows_are_counted_to_ten_thousand
            lists::rows_are_counted_by_word
            lists::unknown_columns_and_foreign_cursors_are_refused
            orderings::names_follow_their_natural_order
            orderings::ties_are_broken_by_ascending_id
            orderings::addresses_sort_as_numbers
            walks::pages_go_forward_and_back
            walks::pages_go_down_places_that_many_rows_share
            walks::rows_that_stay_appear_exactly_once
            walks::pages_hold_while_a_writer_writes
            walks::a_page_that_became_empty_leads_back
            scopes::devices_are_seen_by_site_group_or_realm
            scopes::what_belongs_to_a_device_is_seen_with_it
            scopes::sites_are_seen_with_what_lies_below
            scopes::realms_are_seen_by_realm_grants_alone
            scopes::the_rest_needs_an_unscoped_grant
            scopes::relations_do_not_look_behind_the_scope
            scopes::members_follow_their_group
            units::nothing_is_seen_before_the_commit
            units::dropping_rolls_back
            units::units_are_serialised
            units::a_failed_statement_leaves_the_unit_usable
            outbox::events_are_numbered_in_the_order_of_commits
            outbox::numbers_survive_the_deletion_of_events
            outbox::stamping_under_concurrency_gives_each_number_once
            outbox::documents_show_the_number
            jobs::a_due_job_is_claimed_once
            jobs::jobs_are_claimed_by_kind_and_time
            jobs::a_lapsed_lease_can_be_taken
            jobs::an_old_token_is_refused
            jobs::concurrent_claims_get_different_jobs
        }

        #[test]
        fn walks_hold_under_any_change() {
            $crate::store::walks::property(|| Box::pin($open()));
        }
    };
    (@cases $open:path; $($module:ident :: $case:ident)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let Some(fixture) = $open().await else { return };
                $crate::store::$module::$case(fixture.store.clone()).await;
            }
        )*
    };
}
