//! RFC 6352: the properties, reports and preconditions that CardDAV plugs into `dav`.
