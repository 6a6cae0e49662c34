/* One RTCPeerConnection for the shift: audio both ways, A-law first as the telephone line speaks it. */

import { pairOf, StallWatch } from './stall'

const LOOK_EVERY_MS = 500

interface CodecLike {
  mimeType: string
}

/** A-law, then mu-law, then the rest: what the line speaks needs no transcoding at the server. */
export function preferTelephone<T extends CodecLike>(codecs: readonly T[]): T[] {
  const rank = (c: T) => {
    const name = c.mimeType.toLowerCase()
    return name === 'audio/pcma' ? 0 : name === 'audio/pcmu' ? 1 : 2
  }
  return [...codecs].sort((a, b) => rank(a) - rank(b))
}

export interface PeerHandlers {
  connected(): void
  disconnected(): void
  failed(): void
  stream(stream: MediaStream): void
}

export interface Peer {
  replaceTrack(track: MediaStreamTrack): Promise<void>
  close(): void
}

/** @param exchange  sends the offer, answers the server's SDP; its errors reach the caller */
export async function openPeer(
  track: MediaStreamTrack,
  exchange: (sdp: string) => Promise<string>,
  on: PeerHandlers,
): Promise<Peer> {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' })
  let closed = false
  const transceiver = pc.addTransceiver(track, { direction: 'sendrecv' })
  const codecs = RTCRtpReceiver.getCapabilities?.('audio')?.codecs
  if (codecs) transceiver.setCodecPreferences(preferTelephone(codecs))
  pc.ontrack = (ev) => on.stream(ev.streams[0] ?? new MediaStream([ev.track]))
  pc.onconnectionstatechange = () => {
    if (closed) return
    if (pc.connectionState === 'connected') on.connected()
    else if (pc.connectionState === 'disconnected') on.disconnected()
    else if (pc.connectionState === 'failed' || pc.connectionState === 'closed') on.failed()
  }
  const stall = new StallWatch()
  const look = setInterval(() => {
    if (pc.connectionState !== 'connected') return
    void pc.getStats().then((stats) => {
      const pair = pairOf(stats.values() as Iterable<Record<string, unknown>>)
      if (!closed && pair && stall.push(pair, performance.now())) on.failed()
    })
  }, LOOK_EVERY_MS)
  const close = () => {
    closed = true
    clearInterval(look)
    pc.close()
  }
  try {
    await pc.setLocalDescription(await pc.createOffer())
    const answer = await exchange(pc.localDescription?.sdp ?? '')
    if (!closed) await pc.setRemoteDescription({ type: 'answer', sdp: answer })
  } catch (e) {
    close()
    throw e
  }
  return { replaceTrack: (t) => transceiver.sender.replaceTrack(t), close }
}
