//! Threads on which the agent calls what is the program's own, or what else may wait for ever: its
//! tracing subscriber may want a lock that a stuck task holds, and nobody may read standard error.

use std::{
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

/// Calls that wait at most.
const WAITING: usize = 64;

type Call = Box<dyn FnOnce() + Send>;

/// One such thread. It ends when this is dropped and all was called.
pub(crate) struct Aside {
    name: &'static str,
    /// Started with the first call: most programs have none.
    thread: Mutex<Option<mpsc::SyncSender<Call>>>,
}

impl Aside {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            thread: Mutex::new(None),
        }
    }

    /// Has something called there, which must not panic: whether there was room for it.
    pub(crate) fn call(&self, call: impl FnOnce() + Send + 'static) -> bool {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            *thread = start(self.name);
        }
        let thread = thread.as_ref();
        thread.is_some_and(|thread| thread.try_send(Box::new(call)).is_ok())
    }
}

fn start(name: &str) -> Option<mpsc::SyncSender<Call>> {
    let (sender, calls) = mpsc::sync_channel::<Call>(WAITING);
    let thread = thread::Builder::new().name(name.to_owned());
    let started = thread.spawn(move || calls.into_iter().for_each(|call| call()));
    started.is_ok().then_some(sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_calls_does_not_wait_for_those_before() {
        let aside = Aside::new("loiter-test");
        let (stuck, until) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let (called, calls) = mpsc::channel();
        assert!(aside.call(move || {
            begun.send(()).expect("it is waited for");
            // An error: there is no more to wait for.
            let _ = until.recv();
        }));
        begins.recv().expect("the first one begins");
        for number in 0..WAITING {
            let called = called.clone();
            assert!(aside.call(move || called.send(number).expect("it is waited for")));
        }
        assert!(!aside.call(|| panic!("there is no room")));
        drop((stuck, called));
        let numbers: Vec<_> = calls.iter().collect();
        assert_eq!(numbers, Vec::from_iter(0..WAITING), "each once, in order");
        assert!(aside.call(|| {}), "there is room again");
    }
}
