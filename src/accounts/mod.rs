//! Domain: principals, credentials, devices, groups, shares; the one `authorize`.
