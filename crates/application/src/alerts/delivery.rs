//! Telling people: mails are written with the alert they tell of, and sent by a worker that does not give up early.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use vigie_domain::alerts::{Alert, AlertDelivery, Channel, Delivery, DeliveryStatus, Mail, Mailer};
use vigie_domain::devices::{Device, Site};
use vigie_domain::query::{Filter, ListQuery, Operator};
use vigie_domain::store::{Entity, Read, UnitOfWork, Write};
use vigie_domain::{Error, ErrorKind, Id, Result, Scope, Timestamp};

use super::rulebook::SiteTree;
use super::words::Letter;
use super::write::About;
use crate::{Core, Unit};

/// Longest wait for the mail server.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);
/// Wait after the first failure; doubled after each.
const FIRST_WAIT: Duration = Duration::from_mins(1);
/// Longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// A mail older than this is given up.
const GIVE_UP: Duration = Duration::from_hours(24);
/// Mails read at once.
const BATCH: usize = 50;
/// How often the worker looks without being woken.
const LOOK: Duration = Duration::from_secs(15);

/// What one unit of work told: whoever sends mails is woken after its commit.
#[derive(Debug)]
pub(super) struct Told {
    public_url: Option<String>,
    wrote: bool,
}

impl Told {
    pub fn new(core: &Core) -> Self {
        Self { public_url: core.settings.public_url.clone(), wrote: false }
    }

    /// Whether mails were written.
    pub fn any(&self) -> bool {
        self.wrote
    }
}

/// Writes the mails that tell of an alert, in the transaction that changes it.
pub(super) async fn tell(unit: &mut Unit<'_>, told: &mut Told, alert: &Alert, about: Option<&About>, event: &str) -> Result<()> {
    let now = alert.changed_at;
    if alert.silenced_until.is_some_and(|until| until > now) {
        return Ok(());
    }
    let work = unit.work();
    let channels = channels_for(work, alert).await?;
    if channels.is_empty() {
        return Ok(());
    }
    let heard = if event == "resolved" { heard_of(work, alert.id).await? } else { Vec::new() };
    let device = match (about.and_then(|a| a.device.clone()), alert.device_id) {
        (None, Some(id)) => work.get::<Device>(&Scope::system(), id).await?,
        (device, _) => device,
    };
    let site = match device.as_ref().and_then(|d| d.site_id) {
        Some(id) => work.get::<Site>(&Scope::system(), id).await?.map(|site| site.name),
        None => None,
    };
    for channel in channels {
        let letter = Letter {
            alert,
            device: device.as_ref(),
            site: site.as_deref(),
            sees_beyond: channel.sites.is_empty(),
            public_url: told.public_url.as_deref(),
        };
        let mail = match event {
            // only who heard of the beginning is told of the end
            "resolved" if !channel.send_resolved || !heard.contains(&channel.id) => continue,
            "resolved" => letter.resolved(channel.recipients.clone(), now),
            _ => letter.raised(channel.recipients.clone()),
        };
        work.insert(&delivery(&channel, Some(alert.id), event, mail, now)).await?;
        told.wrote = true;
    }
    Ok(())
}

/// A mail that is due now.
pub(super) fn delivery(channel: &Channel, alert_id: Option<Id>, event: &str, mail: Mail, now: Timestamp) -> Delivery {
    Delivery {
        id: Id::new(),
        channel_id: channel.id,
        channel_name: channel.name.clone(),
        alert_id,
        event: event.to_owned(),
        status: DeliveryStatus::Pending,
        attempts: 0,
        next_attempt_at: now,
        error: None,
        mail,
        created_at: now,
        sent_at: None,
    }
}

async fn channels_for(work: &mut dyn UnitOfWork, alert: &Alert) -> Result<Vec<Channel>> {
    let all: Vec<Channel> = work.all(&Scope::system(), Vec::new()).await?;
    let mut wanted: Vec<Channel> = all.into_iter().filter(|c| c.enabled && alert.severity >= c.minimum_severity).collect();
    if wanted.iter().any(|channel| !channel.sites.is_empty()) {
        let tree = site_tree(work).await?;
        wanted.retain(|c| c.sites.is_empty() || alert.site_id.is_some_and(|site| tree.below(&c.sites).contains(&site)));
    }
    Ok(wanted)
}

async fn site_tree(work: &mut dyn UnitOfWork) -> Result<SiteTree> {
    let sites: Vec<Site> = work.all(&Scope::system(), Vec::new()).await?;
    Ok(SiteTree::of(&sites))
}

/// The channels that were told of the beginning of an alert.
async fn heard_of(work: &mut dyn UnitOfWork, alert: Id) -> Result<Vec<Id>> {
    let filter = Filter::eq(Delivery::SCHEMA, "alert_id", alert)?;
    let deliveries: Vec<Delivery> = work.all(&Scope::system(), vec![filter]).await?;
    Ok(deliveries.into_iter().filter(|d| d.event == "raised").map(|d| d.channel_id).collect())
}

/// Sends the mails that wait.
pub struct DeliveryWorker {
    core: Core,
    mailer: Arc<dyn Mailer>,
    wake: Arc<Notify>,
}

impl DeliveryWorker {
    /// A worker that is woken by `wake`. It does nothing before [`Self::run`].
    pub fn new(core: &Core, mailer: Arc<dyn Mailer>, wake: Arc<Notify>) -> Self {
        Self { core: core.clone(), mailer, wake }
    }

    /// Sends until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            match self.send_due().await {
                Ok(sent) if sent >= BATCH => continue,
                Ok(_) => {}
                Err(error) => tracing::error!(cause = error.chain(), "cannot read the mails that wait"),
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Tries the mails that are due; how many there were.
    pub async fn send_due(&self) -> Result<usize> {
        let due = ListQuery::all(BATCH).filter(Filter::eq(Delivery::SCHEMA, "status", "pending")?).filter(Filter::on(
            Delivery::SCHEMA,
            "next_attempt_at",
            Operator::Lte,
            [self.core.now().into()],
        )?);
        let waiting: Vec<Delivery> = self.core.store.list(&Scope::system(), &due).await?.results;
        for delivery in &waiting {
            let outcome = self.send(delivery).await;
            self.note(delivery, outcome).await?;
        }
        Ok(waiting.len())
    }

    /// Tries one mail.
    async fn send(&self, delivery: &Delivery) -> Result<()> {
        match tokio::time::timeout(DEADLINE, self.mailer.send(delivery.id, &delivery.mail)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(too_slow()),
        }
    }

    async fn note(&self, delivery: &Delivery, outcome: Result<()>) -> Result<()> {
        let now = self.core.now();
        let delivery = after(delivery.clone(), outcome, now);
        let mut work = self.core.store.begin().await?;
        // a delivery whose channel was deleted meanwhile is gone, and nobody is told of it any more
        if work.get::<Delivery>(&Scope::system(), delivery.id).await?.is_none() {
            return Ok(());
        }
        work.update(&delivery).await?;
        if let (Some(alert), true) = (delivery.alert_id, delivery.status != DeliveryStatus::Pending)
            && let Some(mut alert) = work.get::<Alert>(&Scope::system(), alert).await?
        {
            let (channel, status) = (delivery.channel_name.clone(), delivery.status.word().to_owned());
            alert.deliveries.push(AlertDelivery { channel, at: now, status });
            work.update(&alert).await?;
        }
        work.commit().await
    }
}

pub(super) fn too_slow() -> Error {
    Error::new(ErrorKind::ServiceTimeout, "service_timeout", "the mail server did not answer within 30 seconds")
}

/// What the one try of a test leaves: sent, or given up.
pub(super) fn tested(delivery: Delivery, outcome: Result<()>, now: Timestamp) -> Delivery {
    let mut delivery = after(delivery, outcome, now);
    if delivery.status == DeliveryStatus::Pending {
        delivery.status = DeliveryStatus::Failed;
    }
    delivery
}

/// What a try leaves: sent, to be tried again later, or given up.
pub(super) fn after(mut delivery: Delivery, outcome: Result<()>, now: Timestamp) -> Delivery {
    delivery.attempts += 1;
    let error = match outcome {
        Ok(()) => {
            metrics::counter!("deliveries_total", "status" => "sent").increment(1);
            (delivery.status, delivery.sent_at, delivery.error) = (DeliveryStatus::Sent, Some(now), None);
            return delivery;
        }
        Err(error) => error,
    };
    tracing::warn!(channel = delivery.channel_name, attempts = delivery.attempts, error = %error, cause = error.chain(), "cannot send a mail");
    delivery.error = Some(error.to_string());
    let wait = FIRST_WAIT.saturating_mul(1 << (delivery.attempts - 1).min(6)).min(LONGEST_WAIT);
    delivery.next_attempt_at = now.plus(wait);
    // where no server is configured, no number of tries helps
    if error.code() == "not_configured" || delivery.next_attempt_at.since(delivery.created_at) > GIVE_UP {
        metrics::counter!("deliveries_total", "status" => "failed").increment(1);
        delivery.status = DeliveryStatus::Failed;
    }
    delivery
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> Delivery {
        let mail = Mail { to: vec!["noc@example.net".to_owned()], subject: String::new(), text: String::new() };
        Delivery {
            id: Id::new(),
            channel_id: Id::new(),
            channel_name: "noc".to_owned(),
            alert_id: None,
            event: "raised".to_owned(),
            status: DeliveryStatus::Pending,
            attempts: 0,
            next_attempt_at: Timestamp(0),
            error: None,
            mail,
            created_at: Timestamp(0),
            sent_at: None,
        }
    }

    #[test]
    fn a_mail_is_tried_less_and_less_for_a_day() {
        let refused = || Err(Error::new(ErrorKind::ServiceFailed, "service_failed", "greylisted"));
        let (mut delivery, mut waits) = (waiting(), Vec::new());
        while delivery.status == DeliveryStatus::Pending {
            let now = delivery.next_attempt_at;
            delivery = after(delivery, refused(), now);
            waits.push(delivery.next_attempt_at.since(now).as_secs() / 60);
        }
        assert_eq!(waits[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(delivery.status, DeliveryStatus::Failed);
        assert!(delivery.next_attempt_at.since(Timestamp(0)) <= GIVE_UP + LONGEST_WAIT);
        assert_eq!(delivery.error.as_deref(), Some("greylisted"));
    }

    #[test]
    fn without_a_server_it_is_given_up_at_once() {
        let missing = Err(Error::conflict("not_configured", "no mail server is configured"));
        assert_eq!(after(waiting(), missing, Timestamp(0)).status, DeliveryStatus::Failed);
        let sent = after(waiting(), Ok(()), Timestamp(5));
        assert_eq!((sent.status, sent.sent_at, sent.attempts), (DeliveryStatus::Sent, Some(Timestamp(5)), 1));
    }
}
