// The most likely path of one utterance through the phone HMM: scores in, phones with their last frames out.
import type { Topology } from './topology.js';

export interface PhonePath {
  readonly phones: Int32Array;
  /** First frame after each phone. */
  readonly ends: Int32Array;
}

/** @returns a decoder that keeps its buffers between utterances */
export function createViterbi(topology: Topology, acousticScale: number): (scores: Float32Array, rows: number) => PhonePath {
  const { phones, chain, states, stay, bigram } = topology;
  const log = (p: Float64Array): Float64Array => p.map((x) => Math.log(Math.max(x, 1e-30)));
  const initial = log(bigram.initial);
  const next = log(bigram.next);
  const final = log(bigram.final);
  const logStay = Math.log(stay);
  const logLeave = Math.log(1 - stay);
  let best = new Float64Array(states);
  let before = new Float64Array(states);
  let back = new Int32Array(0); // [rows, phones]: the phone before, where a phone was just entered
  let stayed = new Uint8Array(0); // [rows, states]

  return (scores, rows) => {
    if (rows < chain) return { phones: new Int32Array(0), ends: new Int32Array(0) };
    if (back.length < rows * phones) {
      back = new Int32Array(rows * phones);
      stayed = new Uint8Array(rows * states);
    }
    best.fill(-Infinity);
    for (let v = 0; v < phones; v++) best[v * chain] = initial[v]! + acousticScale * scores[v * chain]!;
    for (let t = 1; t < rows; t++) {
      [before, best] = [best, before];
      for (let w = 0; w < phones; w++) {
        let from = 0;
        let top = -Infinity;
        for (let v = 0, at = w; v < phones; v++, at += phones) {
          const value = before[v * chain + chain - 1]! + next[at]!;
          if (value > top) { top = value; from = v; }
        }
        back[t * phones + w] = from;
        for (let c = 0; c < chain; c++) {
          const s = w * chain + c;
          const keep = before[s]! + logStay;
          const move = (c === 0 ? top : before[s - 1]!) + logLeave;
          stayed[t * states + s] = keep >= move ? 1 : 0;
          best[s] = Math.max(keep, move) + acousticScale * scores[t * states + s]!;
        }
      }
    }
    let phone = 0;
    for (let v = 1; v < phones; v++) if (best[v * chain + chain - 1]! + final[v]! > best[phone * chain + chain - 1]! + final[phone]!) phone = v;
    return trace(phone, rows);
  };

  function trace(lastPhone: number, rows: number): PhonePath {
    const path: number[] = [];
    const ends: number[] = [];
    let phone = lastPhone;
    let c = chain - 1;
    path.push(phone);
    ends.push(rows);
    for (let t = rows - 1; t > 0; t--) {
      if (stayed[t * states + phone * chain + c] === 1) continue;
      if (c > 0) c--;
      else {
        phone = back[t * phones + phone]!;
        c = chain - 1;
        path.push(phone);
        ends.push(t);
      }
    }
    return { phones: Int32Array.from(path.reverse()), ends: Int32Array.from(ends.reverse()) };
  }
}
