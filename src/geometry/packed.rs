//! Shapes as bytes: to keep on disk what was computed once. Little-endian counts and vertices, nothing else.

use super::shape::{Polygon, Ring, Shape, Vertex};

impl Shape {
    /// Appends the shape: the number of parts; of each part the number of rings, the shell first; of each ring the number of vertices
    /// and these, longitude first.
    ///
    /// # Panics
    /// With 2³² vertices or more in a ring.
    pub fn pack(&self, out: &mut Vec<u8>) {
        let count = |out: &mut Vec<u8>, n: usize| {
            out.extend(u32::try_from(n).expect("fewer than 2³² parts, rings and vertices").to_le_bytes());
        };
        count(out, self.polygons().len());
        for polygon in self.polygons() {
            count(out, 1 + polygon.holes.len());
            for ring in polygon.rings() {
                count(out, ring.len());
                for v in ring {
                    out.extend(v.lon.to_le_bytes());
                    out.extend(v.lat.to_le_bytes());
                }
            }
        }
    }

    /// Takes a shape off the front of `bytes`; `None` when they do not hold one. What it says is not checked beyond that: the caller knows that
    /// the bytes are those of [`Self::pack`].
    pub fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let mut polygons = Vec::new();
        for _ in 0..number(bytes)? {
            let rings = number(bytes)?.checked_sub(1)?;
            let shell = ring(bytes)?;
            let holes = (0..rings).map(|_| ring(bytes)).collect::<Option<Vec<Ring>>>()?;
            polygons.push(Polygon { shell, holes });
        }
        Some(Self::from_canonical(polygons))
    }
}

fn word(bytes: &mut &[u8]) -> Option<[u8; 4]> {
    let (word, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*word)
}

fn number(bytes: &mut &[u8]) -> Option<u32> {
    word(bytes).map(u32::from_le_bytes)
}

fn ring(bytes: &mut &[u8]) -> Option<Ring> {
    let vertices = number(bytes)?;
    // before anything is set aside for them
    if bytes.len() / 8 < vertices as usize {
        return None;
    }
    (0..vertices)
        .map(|_| Some(Vertex { lon: i32::from_le_bytes(word(bytes)?), lat: i32::from_le_bytes(word(bytes)?) }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_comes_back_and_half_of_it_does_not() {
        let ring = |n: i32| [(0, 0), (n, 0), (n, n), (0, 0)].map(|(lon, lat)| Vertex { lon, lat }).to_vec();
        let shape = Shape::from_canonical(vec![
            Polygon { shell: ring(90), holes: vec![ring(-3), ring(5)] },
            Polygon { shell: ring(-1_800_000_000), holes: vec![] },
        ]);
        let mut bytes = Vec::new();
        shape.pack(&mut bytes);
        for end in 0..bytes.len() {
            assert_eq!(Shape::unpack(&mut &bytes[..end]), None, "the first {end} bytes");
        }
        bytes.push(7);
        let mut rest = bytes.as_slice();
        assert_eq!(Shape::unpack(&mut rest), Some(shape));
        assert_eq!(rest, [7], "what follows is left");
    }
}
