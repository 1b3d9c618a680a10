//! The textbook free list that the pool is measured against: a Treiber stack of indices under one head
//! of 64 bits, half index and half tag.
//!
//! R. K. Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118 (1986).

use std::sync::atomic::AtomicU32;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const NONE: u32 = u32::MAX;

/// Header of a buffer: a cache line of its own, as any header has that shares its line with no other data.
#[repr(align(64))]
pub struct Node {
    next: AtomicU32,
    /// Number of holders of the buffer.
    pub holders: AtomicU32,
}

/// Treiber stack.
pub struct Treiber {
    head: AtomicU64,
    nodes: Box<[Node]>,
}

impl Treiber {
    /// Returns a stack of `count` buffers.
    pub fn new(count: u32) -> Self {
        let nodes = (0..count).map(|_| Node {
            next: AtomicU32::new(NONE),
            holders: AtomicU32::new(0),
        });
        let stack = Self {
            head: AtomicU64::new(pack(NONE, 0)),
            nodes: nodes.collect(),
        };
        for index in 0..count {
            stack.push(index);
        }
        stack
    }

    /// Takes the top buffer.
    #[inline]
    pub fn pop(&self) -> Option<u32> {
        let mut head = self.head.load(Acquire);
        loop {
            let top = head as u32;
            let next = self.nodes.get(top as usize)?.next.load(Relaxed);
            let new = pack(next, tag(head) + 1);
            match self.head.compare_exchange_weak(head, new, Acquire, Acquire) {
                Ok(_) => return Some(top),
                Err(now) => head = now,
            }
        }
    }

    /// Puts buffer `index` back.
    #[inline]
    pub fn push(&self, index: u32) {
        let mut head = self.head.load(Relaxed);
        loop {
            self.node(index).next.store(head as u32, Relaxed);
            let new = pack(index, tag(head) + 1);
            match self.head.compare_exchange_weak(head, new, Release, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Returns the header of buffer `index`.
    #[inline]
    pub fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }
}

fn pack(index: u32, tag: u64) -> u64 {
    u64::from(index) | tag << 32
}

fn tag(head: u64) -> u64 {
    head >> 32
}
