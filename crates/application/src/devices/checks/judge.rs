//! What one run of a check says.

use std::time::Duration;

use vigie_domain::Timestamp;
use vigie_domain::devices::{CheckState, CheckStatus, PingReport, TcpOutcome};

/// Runs in a row that must fail before a check does.
pub const ENOUGH: u32 = 2;

/// What one run showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finding {
    /// Round trip or time to connect, milliseconds.
    pub latency_ms: Option<f64>,
    /// Share of echoes lost.
    pub loss_ratio: Option<f64>,
    /// Jitter, milliseconds.
    pub jitter_ms: Option<f64>,
    /// Why it failed.
    pub fault: Option<String>,
}

impl Finding {
    /// Out of a burst of echoes.
    pub fn of_ping(report: &PingReport) -> Self {
        let fault = (!report.answered()).then(|| format!("none of {} echoes was answered", report.replies.len()));
        Self { latency_ms: report.mean_ms(), loss_ratio: Some(report.loss_ratio()), jitter_ms: report.jitter_ms(), fault }
    }

    /// Out of an attempt to connect.
    pub fn of_tcp(outcome: TcpOutcome, port: u16, timeout: Duration) -> Self {
        let ms = |time: Duration| Some(time.as_secs_f64() * 1e3);
        match outcome {
            TcpOutcome::Open(time) => Self { latency_ms: ms(time), ..Self::default() },
            TcpOutcome::Refused(_) => Self { fault: Some(format!("port {port} refuses the connection")), ..Self::default() },
            TcpOutcome::Silent => {
                Self { fault: Some(format!("port {port} did not answer within {} ms", timeout.as_millis())), ..Self::default() }
            }
        }
    }

    /// Out of a probe that could not be sent.
    pub fn not_sent(why: &str) -> Self {
        Self { fault: Some(format!("the probe could not be sent: {why}")), ..Self::default() }
    }

    /// As a row of samples, in the order of their set.
    pub fn sample(&self) -> [f64; 4] {
        let up = if self.fault.is_none() { 1.0 } else { 0.0 };
        [Some(up), self.latency_ms, self.loss_ratio, self.jitter_ms].map(|value| value.unwrap_or(f64::NAN))
    }
}

/// The state after a run; `failures` counts the runs in a row that failed, this one included.
pub fn state(before: &CheckState, finding: &Finding, failures: u32, at: Timestamp) -> CheckState {
    let status = match (&finding.fault, failures) {
        (None, _) => CheckStatus::Ok,
        (Some(_), n) if n >= ENOUGH => CheckStatus::Failing,
        (Some(_), _) => before.status,
    };
    let since = if status == before.status { before.since } else { None };
    CheckState {
        status,
        since: since.or(Some(at)),
        last_at: Some(at),
        latency_ms: finding.latency_ms,
        loss_ratio: finding.loss_ratio,
        jitter_ms: finding.jitter_ms,
        message: finding.fault.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_is_a_lost_packet_two_are_a_fault() {
        let failed = Finding::of_tcp(TcpOutcome::Silent, 443, Duration::from_secs(2));
        let fine = Finding::of_tcp(TcpOutcome::Open(Duration::from_millis(3)), 443, Duration::from_secs(2));
        let ok = state(&CheckState::default(), &fine, 0, Timestamp(1));
        assert_eq!((ok.status, ok.since, ok.latency_ms), (CheckStatus::Ok, Some(Timestamp(1)), Some(3.0)));
        let once = state(&ok, &failed, 1, Timestamp(2));
        assert_eq!((once.status, once.since), (CheckStatus::Ok, Some(Timestamp(1))));
        let twice = state(&once, &failed, 2, Timestamp(3));
        assert_eq!((twice.status, twice.since), (CheckStatus::Failing, Some(Timestamp(3))));
        assert_eq!(twice.message.as_deref(), Some("port 443 did not answer within 2000 ms"));
        assert_eq!(state(&twice, &fine, 0, Timestamp(4)).status, CheckStatus::Ok);
    }

    #[test]
    fn a_burst_tells_loss_and_jitter() {
        let report = PingReport { replies: vec![Some(Duration::from_millis(10)), None, Some(Duration::from_millis(14)), None] };
        let finding = Finding::of_ping(&report);
        assert_eq!((finding.latency_ms, finding.loss_ratio, finding.jitter_ms), (Some(12.0), Some(0.5), Some(4.0)));
        assert!(finding.fault.is_none());
        assert!(Finding::of_ping(&PingReport { replies: vec![None; 5] }).fault.is_some());
    }
}
