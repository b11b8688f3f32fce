//! What happens without a request.
