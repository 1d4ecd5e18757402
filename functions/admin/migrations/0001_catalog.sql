-- The catalog as it is edited: one row an entity, and one an edit.

CREATE TABLE entity (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  parent_kind TEXT,
  parent_id TEXT,
  document TEXT NOT NULL, -- JSON, as its schema parsed it
  revision INTEGER NOT NULL, -- the id of the edit that wrote it, so that none is ever used again, whatever is deleted or imported
  updated_ms INTEGER NOT NULL,
  PRIMARY KEY (kind, id),
  FOREIGN KEY (parent_kind, parent_id) REFERENCES entity (kind, id)
);
CREATE INDEX entity_parent ON entity (parent_kind, parent_id);

-- Who changed what, and when. The newest id is the revision of the whole catalog.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  kind TEXT,
  entity_id TEXT,
  before_document TEXT,
  after_document TEXT
);
CREATE INDEX audit_entity ON audit (kind, entity_id, id);

CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
