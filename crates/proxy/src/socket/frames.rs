//! Where frames begin in a WebSocket's bytes (RFC 6455, 5.2), to tell data from pings.

/// A header has at most so many bytes: two, a length of eight, a mask of four.
const LONGEST: usize = 14;
/// Opcodes up to this carry data: continuation, text, binary. Control frames have higher ones.
const DATA: u8 = 0x2;

/// Follows the frames of one direction.
#[derive(Debug, Default)]
pub(super) struct Frames {
    header: [u8; LONGEST],
    have: usize,
    /// Bytes of the present frame's payload that are still to come.
    left: u64,
}

impl Frames {
    /// Whether these next bytes begin a frame with data.
    pub(super) fn hold_data(&mut self, mut bytes: &[u8]) -> bool {
        let mut found = false;
        while !bytes.is_empty() {
            let payload = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            self.left -= payload as u64;
            bytes = bytes.get(payload..).unwrap_or_default();
            let Some((first, rest)) = bytes.split_first() else { break };
            if let Some(slot) = self.header.get_mut(self.have) {
                *slot = *first;
            }
            self.have += 1;
            bytes = rest;
            if let Some(length) = self.payload() {
                found |= self.header[0] & 0x0f <= DATA;
                (self.have, self.left) = (0, length);
            }
        }
        found
    }

    /// The payload's length, once the header is complete.
    fn payload(&self) -> Option<u64> {
        if self.have < 2 {
            return None;
        }
        let mask = if self.header[1] & 0x80 == 0 { 0 } else { 4 };
        let (extra, length) = match self.header[1] & 0x7f {
            126 => (2, u64::from(u16::from_be_bytes([self.header[2], self.header[3]]))),
            127 => {
                let mut eight = [0; 8];
                eight.copy_from_slice(&self.header[2..10]);
                (8, u64::from_be_bytes(eight))
            }
            short => (0, u64::from(short)),
        };
        (self.have == 2 + extra + mask).then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(opcode: u8, payload: usize) -> Vec<u8> {
        let mut bytes = vec![0x80 | opcode];
        match payload {
            ..126 => bytes.push(0x80 | payload as u8),
            126..65_536 => {
                bytes.push(0x80 | 126);
                bytes.extend((payload as u16).to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend((payload as u64).to_be_bytes());
            }
        }
        bytes.extend([1, 2, 3, 4]);
        // A payload that looks like the head of a data frame.
        bytes.extend(std::iter::repeat_n(0x82, payload));
        bytes
    }

    #[test]
    fn pings_are_no_data_however_they_are_cut() {
        let mut bytes = Vec::new();
        for size in [0, 1, 125] {
            bytes.extend([frame(0x9, size), frame(0xa, size), frame(0x8, size)].concat());
        }
        for size in 1..bytes.len() {
            let mut frames = Frames::default();
            assert!(!bytes.chunks(size).any(|part| frames.hold_data(part)), "in parts of {size}");
        }
    }

    #[test]
    fn every_data_frame_is_seen_once() {
        for size in [0, 5, 126, 300, 70_000] {
            let bytes = [frame(0x9, 3), frame(0x1, size), frame(0xa, 0), frame(0x2, size)].concat();
            for part in [1, 2, 7, 4096, bytes.len()] {
                let mut frames = Frames::default();
                let seen = bytes.chunks(part).filter(|part| frames.hold_data(part)).count();
                let expected = if part == bytes.len() || (part == 4096 && size < 1000) { 1 } else { 2 };
                assert_eq!(seen, expected, "{size} bytes in parts of {part}");
            }
        }
    }
}
