//! What the use cases that reach devices need.

use std::net::SocketAddr;
use std::sync::Arc;

use vigie_domain::devices::{Credential, CredentialKind, Device, Probe, SnmpAuth, SnmpClient, SnmpTarget};
use vigie_domain::telemetry::SampleStore;
use vigie_domain::{Error, Result, Sealed, Secret};

use crate::Core;
use crate::telemetry::Live;

/// What every secret of a credential is sealed for.
pub const CREDENTIAL_PURPOSE: &str = "credential";

/// Ports and state of the use cases that reach devices. Cheap to clone.
#[derive(Clone)]
pub struct DeviceEnv {
    /// Store, clock, secrets, settings.
    pub core: Core,
    /// SNMP.
    pub snmp: Arc<dyn SnmpClient>,
    /// ICMP and TCP.
    pub probe: Arc<dyn Probe>,
    /// Samples.
    pub samples: Arc<dyn SampleStore>,
    /// The last rates.
    pub live: Arc<Live>,
}

impl DeviceEnv {
    /// How to reach a device's agent with one of its credentials.
    pub fn target(&self, device: &Device, credential: &Credential) -> Result<SnmpTarget> {
        self.target_at(SocketAddr::new(device.address, device.snmp_port), credential)
    }

    /// How to reach an agent with a credential.
    pub fn target_at(&self, address: SocketAddr, credential: &Credential) -> Result<SnmpTarget> {
        let settings = &self.core.settings;
        let auth = Arc::new(self.open(credential)?);
        Ok(SnmpTarget { address, auth, timeout: settings.snmp_timeout, retries: settings.snmp_retries })
    }

    fn open(&self, credential: &Credential) -> Result<SnmpAuth> {
        let secret = |sealed: &Option<Sealed>| -> Result<Option<Secret>> {
            sealed.as_ref().map(|s| self.core.open(CREDENTIAL_PURPOSE, s)).transpose()
        };
        let community = || {
            secret(&credential.community)?
                .ok_or_else(|| Error::conflict("conflict", format!("credential {} has no community", credential.name)))
        };
        Ok(match credential.kind {
            CredentialKind::SnmpV1 => SnmpAuth::V1 { community: community()? },
            CredentialKind::SnmpV2c => SnmpAuth::V2c { community: community()? },
            CredentialKind::SnmpV3 => SnmpAuth::V3 {
                username: credential.username.clone().unwrap_or_default(),
                auth: pair(credential.auth_protocol, secret(&credential.auth_secret)?),
                privacy: pair(credential.privacy_protocol, secret(&credential.privacy_secret)?),
                context: credential.context.clone().unwrap_or_default(),
            },
            CredentialKind::Ssh => {
                return Err(Error::conflict("conflict", format!("credential {} is for SSH, SNMP needs one of its own", credential.name))
                    .solution("use a credential of kind snmp_v1, snmp_v2c or snmp_v3"));
            }
        })
    }
}

fn pair<P>(protocol: Option<P>, secret: Option<Secret>) -> Option<(P, Secret)> {
    protocol.zip(secret)
}
