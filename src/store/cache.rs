//! What was worked out of a store and can be worked out again: kept while the store is open, so much
//! of each kind, and whatever was not asked for longest is forgotten first.

use std::any::{Any, TypeId};
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Values by key, of which so many are kept.
#[derive(Debug)]
pub struct Cache<K, V> {
    most: usize,
    kept: Mutex<Kept<K, V>>,
}

#[derive(Debug)]
struct Kept<K, V> {
    values: HashMap<K, (u64, V)>,
    /// By when they were last asked for.
    by_use: BTreeMap<u64, K>,
    uses: u64,
}

/// The caches of one store, one of each type.
#[derive(Default)]
pub(super) struct Caches {
    by_type: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

// === impl Cache ===

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// Keeps `most` values.
    pub fn new(most: usize) -> Self {
        let kept = Kept { values: HashMap::new(), by_use: BTreeMap::new(), uses: 0 };
        Self { most, kept: Mutex::new(kept) }
    }

    /// The value of `key`, if it is known.
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { values, by_use, uses } = &mut *kept;
        let (used, value) = values.get_mut(key)?;
        *uses += 1;
        if let Some(key) = by_use.remove(used) {
            by_use.insert(*uses, key);
        }
        *used = *uses;
        Some(value.clone())
    }

    /// Remembers a value, in place of the one that was known.
    pub fn put(&self, key: K, value: V) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let used = kept.uses;
        if let Some((before, _)) = kept.values.insert(key.clone(), (used, value)) {
            kept.by_use.remove(&before);
        }
        kept.by_use.insert(used, key);
        if kept.values.len() > self.most
            && let Some((_, longest)) = kept.by_use.pop_first()
        {
            kept.values.remove(&longest);
        }
    }
}

// === impl Caches ===

impl Caches {
    pub(super) fn of<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut by_type = self.by_type.lock().unwrap_or_else(PoisonError::into_inner);
        let cache = by_type.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        // There is only ever a `T` under its own type.
        Arc::clone(cache).downcast().unwrap_or_default()
    }
}

impl fmt::Debug for Caches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caches").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_asked_for_longest_is_forgotten() {
        let cache = Cache::new(3);
        for key in [7, 1, 9] {
            cache.put(key, key * 10);
        }
        assert_eq!(cache.get(&7), Some(70));
        cache.put(1, 11);
        cache.put(4, 40);
        let known = [7, 1, 9, 4].map(|key| cache.get(&key));
        assert_eq!(known, [Some(70), Some(11), None, Some(40)]);
        assert_eq!(cache.kept.lock().unwrap().by_use.len(), 3, "uses of what was forgotten");
    }

    #[test]
    fn there_is_one_of_each_type() {
        #[derive(Default)]
        struct First(Mutex<u8>);
        #[derive(Default)]
        struct Second(Mutex<u8>);
        let caches = Caches::default();
        *caches.of::<First>().0.lock().unwrap() = 1;
        *caches.of::<Second>().0.lock().unwrap() = 2;
        assert_eq!(*caches.of::<First>().0.lock().unwrap(), 1);
        assert_eq!(*caches.of::<Second>().0.lock().unwrap(), 2);
        assert_eq!(*Caches::default().of::<First>().0.lock().unwrap(), 0, "another store's");
    }
}
