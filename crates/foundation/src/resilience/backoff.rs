//! Retries: pauses that double, with jitter, so that many clients of one service do not come back together.

use std::time::Duration;

use rand::RngExt;

/// How often and after which pauses to try again.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// Longest pause before the second try.
    pub base: Duration,
    /// Longest pause of all.
    pub longest: Duration,
    /// Tries in all, the first included.
    pub attempts: u32,
}

impl Backoff {
    /// Longest pause after the given try (from 1).
    pub fn ceiling(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        self.base.saturating_mul(1 << doublings).min(self.longest)
    }

    /// A pause after the given try: between half the ceiling and the ceiling.
    pub fn pause(&self, attempt: u32) -> Duration {
        self.ceiling(attempt).mul_f64(rand::rng().random_range(0.5..=1.0))
    }
}

/// Calls until it succeeds, `again` says no, or the tries are used up; then the last error is the answer.
pub async fn retry<T, E, F>(backoff: &Backoff, again: impl Fn(&E) -> bool, mut call: impl FnMut(u32) -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut attempt = 1;
    loop {
        let error = match call(attempt).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if attempt >= backoff.attempts || !again(&error) {
            return Err(error);
        }
        tokio::time::sleep(backoff.pause(attempt)).await;
        attempt += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::time::Instant;

    use super::*;

    const BACKOFF: Backoff = Backoff { base: Duration::from_secs(1), longest: Duration::from_secs(10), attempts: 4 };

    #[tokio::test(start_paused = true)]
    async fn it_tries_until_it_succeeds() {
        let started = Instant::now();
        let answer = retry(&BACKOFF, |_: &&str| true, async |attempt| if attempt == 3 { Ok(attempt) } else { Err("no") }).await;
        assert_eq!(answer, Ok(3));
        let waited = started.elapsed();
        assert!(waited >= Duration::from_millis(1500) && waited <= Duration::from_millis(3100), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn it_gives_up_after_the_last_try_or_when_told() {
        let mut calls = 0;
        let counted = |_| {
            calls += 1;
            std::future::ready(Err::<(), _>(calls))
        };
        assert_eq!(retry(&BACKOFF, |_| true, counted).await, Err(4));
        assert_eq!(retry(&BACKOFF, |_| false, async |_| Err::<(), _>("refused")).await, Err("refused"));
    }

    proptest! {
        #[test]
        fn pauses_stay_within_their_bounds(attempt in 0_u32..u32::MAX) {
            let pause = BACKOFF.pause(attempt);
            prop_assert!(pause >= BACKOFF.base / 2 && pause <= BACKOFF.longest);
        }
    }
}
