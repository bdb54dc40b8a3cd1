//! The one effect of a widget: it draws at once when a signal that it read has changed.
//!
//! Leptos' own effects wait for a task of the browser's, which would put the ball behind whatever the page has to do; its immediate one
//! asks which thread it is on, which costs 3 KB of brotli in a browser that has only one.

use crate::{Widget, with};
use leptos::reactive::graph::{AnySource, AnySubscriber, ReactiveNode, Subscriber, WithObserver};
use std::sync::{Arc, Weak};

/// Knows its widget by the handle: a subscriber must be free to go to another thread, which elements are not.
pub(crate) struct Drawing {
    handle: usize,
    this: AnySubscriber,
}

impl Drawing {
    pub(crate) fn of(handle: usize) -> Arc<Self> {
        Arc::new_cyclic(|this: &Weak<Self>| {
            let number = this.as_ptr() as usize;
            Drawing { handle, this: AnySubscriber(number, this.clone()) }
        })
    }
}

impl ReactiveNode for Drawing {
    fn mark_dirty(&self) {
        self.this.with_observer(|| with(self.handle, Widget::draw));
    }

    // What a signal does first when it changes is to mark its readers dirty, so there is nothing to look up in between.
    fn mark_check(&self) {}

    fn mark_subscribers_check(&self) {}

    fn update_if_necessary(&self) -> bool {
        false
    }
}

impl Subscriber for Drawing {
    // A signal knows its readers weakly: nothing has to be undone when a widget goes.
    fn add_source(&self, _: AnySource) {}

    fn clear_sources(&self, _: &AnySubscriber) {}
}
