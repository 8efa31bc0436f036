-- What scopes ask for: who uses a tag or a credential, what sites a rule names, who made a thing, who tells of a link.

CREATE TABLE device_tags (
    device_id UUID NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    tag       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device_id, tag)
);
CREATE INDEX device_tags_tag ON device_tags (tag);

CREATE TABLE device_credentials (
    device_id     UUID NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    credential_id UUID NOT NULL,
    PRIMARY KEY (device_id, credential_id)
);
CREATE INDEX device_credentials_credential ON device_credentials (credential_id);

CREATE TABLE alert_rule_sites (
    rule_id UUID NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    site_id UUID NOT NULL,
    PRIMARY KEY (rule_id, site_id)
);

-- no database of PostgreSQL is older than these columns
ALTER TABLE alert_rules ADD COLUMN built_in BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tags ADD COLUMN owner_id UUID;
ALTER TABLE credentials ADD COLUMN owner_id UUID;
ALTER TABLE events ADD COLUMN peer_device_id UUID;
ALTER TABLE links ADD COLUMN told_by_source_id UUID;
ALTER TABLE links ADD COLUMN told_by_target_id UUID;
