//! Unpacks what is packed, as it is read. Told by its first bytes, since names lie.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// What may be kept to unpack: `xz -9` and `zstd --ultra` look back so far. The rest goes through a window.
const WINDOW: u64 = 64 << 20;

/// How much is read and unpacked at once.
const BUFFER: usize = 64 << 10;

/// Returns what is packed, and what to call it in errors.
pub(crate) fn unpack<'r>(input: impl BufRead + 'r) -> io::Result<(Box<dyn BufRead + 'r>, &'static str)> {
    let mut input = Again { start: Vec::new(), at: 0, input };
    input.look(6)?;
    let start = input.start.as_slice();
    let is = |magic: &[u8]| start.starts_with(magic);
    let unpacked: (Box<dyn Read + 'r>, _) = if is(&[0x1f, 0x8b]) {
        (Box::new(flate2::bufread::MultiGzDecoder::new(input)), "gzip file")
    } else if is(b"BZh") {
        (Box::new(bzip2::bufread::MultiBzDecoder::new(input)), "bzip2 file")
    } else if is(&[0xfd, b'7', b'z', b'X', b'Z', 0]) {
        // In KiB, for what is looked back on and some more.
        let most = u32::try_from(WINDOW / 1024 + 1024).unwrap_or(u32::MAX);
        (Box::new(lzma_rust2::XzReader::new_mem_limit(input, true, most)), "xz file")
    } else if is(&[0x28, 0xb5, 0x2f, 0xfd]) {
        (Box::new(Zstd::new(input)), "zstd file")
    } else {
        return Ok((Box::new(input), "file"));
    };
    let (reader, packing) = unpacked;
    Ok((Box::new(BufReader::with_capacity(BUFFER, reader)), packing))
}

/// A reader whose first bytes have been looked at, and are read again.
struct Again<R> {
    start: Vec<u8>,
    at: usize,
    input: R,
}

impl<R: BufRead> Again<R> {
    /// Looks at so many bytes, or all that there are.
    fn look(&mut self, count: u64) -> io::Result<()> {
        self.input.by_ref().take(count).read_to_end(&mut self.start).map(drop)
    }
}

impl<R: BufRead> BufRead for Again<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at < self.start.len() { Ok(&self.start[self.at..]) } else { self.input.fill_buf() }
    }

    fn consume(&mut self, amount: usize) {
        if self.at < self.start.len() { self.at += amount } else { self.input.consume(amount) }
    }
}

impl<R: BufRead> Read for Again<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let amount = self.fill_buf()?.read(into)?;
        self.consume(amount);
        Ok(amount)
    }
}

/// Zstandard: the decoder reads one frame, and a file can have several, and some to be skipped.
struct Zstd<R> {
    input: R,
    decoder: FrameDecoder,
    /// Whether a frame has been begun and not been read to its end.
    inside: bool,
}

impl<R: BufRead> Zstd<R> {
    fn new(input: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { input, decoder, inside: false }
    }

    /// Begins the next frame, or passes over one that is to be skipped.
    fn begin(&mut self) -> io::Result<()> {
        match self.decoder.reset(&mut self.input) {
            Ok(()) => self.inside = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let length = u64::from(length);
                let skipped = io::copy(&mut self.input.by_ref().take(length), &mut io::sink())?;
                if skipped < length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Err(error) => return Err(io::Error::other(error)),
        }
        Ok(())
    }

    /// Ends a frame, of which all has been read.
    fn end(&mut self) -> io::Result<()> {
        self.inside = false;
        let (told, found) = (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
        match (told, found) {
            (Some(told), Some(found)) if told != found => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum of a frame is wrong"))
            }
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !into.is_empty() {
            if !self.inside {
                if self.input.fill_buf()?.is_empty() {
                    break;
                }
                self.begin()?;
                continue;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.input, one).map_err(io::Error::other)?;
            }
            let read = self.decoder.read(into)?;
            if read > 0 {
                return Ok(read);
            }
            self.end()?;
        }
        Ok(0)
    }
}
