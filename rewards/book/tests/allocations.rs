//! With room for what comes, a book allocates nothing.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

#[path = "agree/traffic.rs"]
mod traffic;

use book::{Book, Effects};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use traffic::{Traffic, markets};

thread_local! {
    /// How often this thread has allocated.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[expect(unsafe_code, reason = "there is no other way to count: it only hands on to the system's allocator")]
// SAFETY: every call is the system allocator's own, with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|it| it.set(it.get() + 1));
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|it| it.set(it.get() + 1));
        // SAFETY: as the caller promised.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

#[test]
fn nothing_is_allocated_once_there_is_room() {
    let (mut fills, mut most) = (0, 0);
    for (seed, rules) in markets().into_iter().enumerate() {
        let mut traffic = Traffic::to(rules, seed as u64);
        let commands: Vec<_> = (0..50_000).map(|_| traffic.next()).collect();
        let mut book = Book::new(rules).unwrap();
        book.reserve(rules.orders_max, 10);
        let mut effects = Effects::default();
        // One command does at most so much.
        effects.fills.reserve(2_000);
        effects.cancelled.reserve(4_000);
        effects.depth.reserve(4_000);
        let before = allocations();
        for (at, command) in &commands {
            effects.clear();
            let _refused = book.apply(*at, command, &mut effects);
            fills += effects.fills.len();
            most = most.max(book.len());
        }
        assert_eq!(allocations() - before, 0, "{rules:?}");
    }
    assert!(fills > 10_000 && most > 50, "{fills} fills, {most} orders");
    // It does count.
    let before = allocations();
    drop(std::hint::black_box(vec![0_u8; 10]));
    assert!(allocations() > before);
}
