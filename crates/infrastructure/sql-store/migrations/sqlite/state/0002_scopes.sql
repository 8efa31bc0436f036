-- What scopes ask for: who uses a tag or a credential, what sites a rule names, who made a thing, who tells of a link.

CREATE TABLE device_tags (
    device_id BLOB NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    tag       TEXT NOT NULL,
    PRIMARY KEY (device_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_tags_tag ON device_tags (tag);
INSERT INTO device_tags SELECT DISTINCT d.id, t.value FROM devices d, json_each(d.document, '$.tags') t;

CREATE TABLE device_credentials (
    device_id     BLOB NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    credential_id BLOB NOT NULL,
    PRIMARY KEY (device_id, credential_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_credentials_credential ON device_credentials (credential_id);
INSERT INTO device_credentials
    SELECT DISTINCT d.id, unhex(c.value, '-') FROM devices d, json_each(d.document, '$.credentials') c;

CREATE TABLE alert_rule_sites (
    rule_id BLOB NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    site_id BLOB NOT NULL,
    PRIMARY KEY (rule_id, site_id)
) STRICT, WITHOUT ROWID;
INSERT INTO alert_rule_sites SELECT DISTINCT r.id, unhex(s.value, '-') FROM alert_rules r, json_each(r.document, '$.sites') s;

ALTER TABLE alert_rules ADD COLUMN built_in INTEGER NOT NULL DEFAULT 0;
UPDATE alert_rules SET built_in = json_extract(document, '$.built_in');

ALTER TABLE tags ADD COLUMN owner_id BLOB;
ALTER TABLE credentials ADD COLUMN owner_id BLOB;

ALTER TABLE events ADD COLUMN peer_device_id BLOB;

ALTER TABLE links ADD COLUMN told_by_source_id BLOB;
ALTER TABLE links ADD COLUMN told_by_target_id BLOB;
UPDATE links SET
    told_by_source_id = (SELECT links.source_device_id FROM json_each(document, '$.evidence') e
                         WHERE e.value ->> '$.seen_by' = links.document ->> '$.source.device_id'),
    told_by_target_id = (SELECT links.target_device_id FROM json_each(document, '$.evidence') e
                         WHERE e.value ->> '$.seen_by' = links.document ->> '$.target.device_id');
