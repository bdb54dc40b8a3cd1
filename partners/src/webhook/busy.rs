//! How many messages are on their way to one endpoint at once: one that is slow must not take the places of all others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// In one process.
pub(crate) const AT_ONCE_MAX: usize = 2;

/// Which endpoints are being spoken to, and how often. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Busy(Arc<Mutex<HashMap<String, usize>>>);

/// Leave to speak to an endpoint, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    busy: Busy,
    endpoint_id: String,
}

impl Busy {
    /// None while as many messages as may be are on their way to it.
    pub(crate) fn take(&self, endpoint_id: &str) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(endpoint_id.to_owned()).or_default();
        if *count >= AT_ONCE_MAX {
            return None;
        }
        *count += 1;
        Some(Place { busy: self.clone(), endpoint_id: endpoint_id.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.busy.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.endpoint_id) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.endpoint_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_takes_its_places_and_no_others() {
        let busy = Busy::default();
        let mut taken: Vec<Place> = (0..AT_ONCE_MAX).map(|_| busy.take("whk_1").unwrap()).collect();
        assert!(busy.take("whk_1").is_none() && busy.take("whk_2").is_some());
        taken.pop();
        assert!(busy.take("whk_1").is_some());
        taken.clear();
        assert!(busy.0.lock().unwrap().is_empty(), "nothing is kept of those that are over");
    }
}
