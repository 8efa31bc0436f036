//! Which backups have been kept for long enough.

use vigie_domain::Timestamp;
use vigie_domain::system::{Backup, BackupCheck, BackupOrigin};

use super::Retention;

/// Those to delete: made by the schedule, older than `keep_for`, and not among the `keep_last` newest that are not known to be damaged. What
/// people made or put there stays, and so does the newest that is not damaged, whatever the rules say.
pub(super) fn superfluous(backups: &[Backup], rules: Retention, now: Timestamp) -> Vec<&Backup> {
    let mut newest: Vec<&Backup> = backups.iter().collect();
    newest.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| b.name.cmp(&a.name)));
    let is_good = |backup: &Backup| backup.check != BackupCheck::Failed;
    let scheduled = |backup: &&Backup| backup.origin == Some(BackupOrigin::Schedule);
    let last = newest.iter().copied().filter(scheduled).filter(|b| is_good(b)).take(rules.keep_last.max(1));
    let kept: Vec<&str> = last.chain(newest.iter().copied().find(|b| is_good(b))).map(|b| b.name.as_str()).collect();
    let oldest = now.minus(rules.keep_for);
    newest.into_iter().filter(scheduled).filter(|b| b.created_at < oldest && !kept.contains(&b.name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::id_of;
    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const NOW: Timestamp = Timestamp(1_795_424_740_123);

    /// A backup of so many days ago.
    fn backup(days: u32, origin: Option<BackupOrigin>, check: BackupCheck) -> Backup {
        let name = format!("{days}.vigie");
        Backup {
            id: id_of(&name),
            name,
            created_at: NOW.minus(DAY * days),
            size_bytes: 1,
            encrypted: false,
            origin,
            engine: None,
            schema_version: None,
            vigie_version: None,
            rows: None,
            events: None,
            has_master_key: None,
            check,
            checked_at: None,
            problem: None,
            drill: BackupCheck::Unknown,
            drilled_at: None,
            drill_problem: None,
            copies: Vec::new(),
        }
    }

    fn gone(backups: &[Backup], keep_last: usize, days: u32) -> Vec<String> {
        let rules = Retention { keep_last, keep_for: DAY * days };
        superfluous(backups, rules, NOW).into_iter().map(|b| b.name.replace(".vigie", "")).collect()
    }

    const BY_SCHEDULE: Option<BackupOrigin> = Some(BackupOrigin::Schedule);

    #[test]
    fn what_is_old_and_not_among_the_last_goes() {
        let nights: Vec<Backup> = (0..10).map(|day| backup(day, BY_SCHEDULE, BackupCheck::Passed)).collect();
        assert_eq!(gone(&nights, 3, 0), ["3", "4", "5", "6", "7", "8", "9"]);
        assert_eq!(gone(&nights, 3, 7), ["8", "9"], "younger ones stay");
        assert_eq!(gone(&nights, 20, 0), [""; 0], "the last stay, however old");
        assert_eq!(gone(&nights[8..], 1, 2), ["9"]);
    }

    #[test]
    fn what_the_schedule_did_not_make_stays() {
        let mixed = [
            backup(0, BY_SCHEDULE, BackupCheck::Passed),
            backup(5, Some(BackupOrigin::Manual), BackupCheck::Passed),
            backup(6, None, BackupCheck::Unknown),
            backup(7, BY_SCHEDULE, BackupCheck::Unknown),
        ];
        assert_eq!(gone(&mixed, 1, 1), ["7"]);
    }

    #[test]
    fn the_newest_good_one_stays_and_damaged_ones_do_not_count() {
        let failing = [
            backup(1, BY_SCHEDULE, BackupCheck::Failed),
            backup(2, BY_SCHEDULE, BackupCheck::Failed),
            backup(30, BY_SCHEDULE, BackupCheck::Passed),
            backup(31, BY_SCHEDULE, BackupCheck::Passed),
        ];
        assert_eq!(gone(&failing, 1, 0), ["1", "2", "31"]);
        assert_eq!(gone(&failing[2..3], 0, 0), [""; 0]);
    }
}
