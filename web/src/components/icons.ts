/* Drawn on 20 (menu) or 16 units, stroked with the text's colour. */
export const ICONS = {
  desk: [
    20,
    '<path d="M4 13v-2a6 6 0 0 1 12 0v2"/><rect x="2.8" y="12" width="3.4" height="5" rx="1.2"/><rect x="13.8" y="12" width="3.4" height="5" rx="1.2"/>',
  ],
  board: [
    20,
    '<rect x="3" y="3.5" width="6" height="5.5" rx="1"/><rect x="11" y="3.5" width="6" height="5.5" rx="1"/><rect x="3" y="11" width="6" height="5.5" rx="1"/><rect x="11" y="11" width="6" height="5.5" rx="1"/>',
  ],
  customers: [20, '<circle cx="10" cy="7" r="3.2"/><path d="M4 17c.6-3.4 3-5 6-5s5.400 1.600 6 5"/>'],
  lists: [20, '<path d="M4 5h12M4 10h12M4 15h8"/>'],
  calls: [
    20,
    '<path d="M4.500 3.500h3l1.500 4-2 1.300a9 9 0 0 0 4.200 4.200L12.500 11l4 1.500v3c0 .6-.5 1-1 1C9 16.500 3.500 11 3.500 4.500c0-.5.4-1 1-1z"/>',
  ],
  bench: [20, '<path d="M2.500 10h2M6 6v8M9 3.500v13M12 7v6M15 5v10M17.500 10h.1"/>'],
  figures: [20, '<path d="M3 16.500h14M5 13.500V9M9 13.500V5M13 13.500V8M16.500 13.500V3.500"/>'],
  scripts: [20, '<path d="M5 3h7l3 3v11H5zM12 3v3h3M7.500 10h5M7.500 13h5"/>'],
  settings: [
    20,
    '<circle cx="10" cy="10" r="2.6"/><path d="M10 3v2.200M10 14.800V17M3 10h2.200M14.800 10H17M5 5l1.600 1.600M13.400 13.400 15 15M15 5l-1.600 1.600M6.600 13.400 5 15"/>',
  ],
  tour: [20, '<path d="M4 17V3.500M4 4.500h9l-1.500 3 1.500 3H4"/>'],
  search: [16, '<circle cx="7" cy="7" r="4"/><path d="m10 10 3.500 3.500"/>'],
  bell: [16, '<path d="M4 11.500V7a4 4 0 0 1 8 0v4.500l1 1H3zM6.500 14.500h3"/>'],
  down: [16, '<path d="m5 6.500 3 3 3-3"/>'],
  left: [16, '<path d="m9.500 5-3 3 3 3"/>'],
  right: [16, '<path d="m6.500 5 3 3-3 3"/>'],
  eye: [
    16,
    '<path d="M1.500 8c2-3 4-4.200 6.500-4.200S12.500 5 14.500 8c-2 3-4 4.200-6.500 4.200S3.500 11 1.500 8z"/><circle cx="8" cy="8" r="1.800"/>',
  ],
  clock: [16, '<circle cx="8" cy="8" r="5.500"/><path d="M8 5v3.200l2 1.300"/>'],
  mic: [
    16,
    '<rect x="6" y="2" width="4" height="7.500" rx="2"/><path d="M3.500 8a4.500 4.500 0 0 0 9 0M8 12.500V14.500"/>',
  ],
  pause: [16, '<path d="M5.500 3.500v9M10.500 3.500v9"/>'],
  keypad: [
    16,
    '<path d="M4 4h.01M8 4h.01M12 4h.01M4 8h.01M8 8h.01M12 8h.01M4 12h.01M8 12h.01M12 12h.01" stroke-width="2.200"/>',
  ],
  transfer: [16, '<path d="M3 6h9l-2.500-2.500M13 10H4l2.500 2.500"/>'],
  hangup: [
    16,
    '<path d="M2.500 9.500c3-3.300 8-3.300 11 0l-1.200 1.800-2.300-.9v-1.700c-1.300-.4-2.700-.4-4 0v1.700l-2.300.9z"/>',
  ],
  phone: [
    16,
    '<path d="M3.600 2.800h2.400l1.200 3.200-1.600 1a7 7 0 0 0 3.400 3.400l1-1.600 3.200 1.200v2.400c0 .5-.4.800-.8.800C7.200 13.200 2.800 8.800 2.800 3.600c0-.4.3-.8.8-.8z"/>',
  ],
  tick: [16, '<path d="m3 8.500 3.200 3L13 4.500"/>'],
  alarm: [16, '<path d="M8 2.500 14.500 13.500h-13zM8 6.500v3.200M8 11.700v.1"/>'],
  close: [16, '<path d="m4 4 8 8M12 4l-8 8"/>'],
  play: [16, '<path d="M5 3.500v9l7-4.500z" fill="currentColor"/>'],
  download: [16, '<path d="M8 2.500v7.500M5 7.500l3 3 3-3M3 13h10"/>'],
  upload: [16, '<path d="M8 11V3.500M5 6l3-3 3 3M3 13h10"/>'],
  plus: [16, '<path d="M8 3.500v9M3.500 8h9"/>'],
  speaker: [
    16,
    '<path d="M2.500 6v4h2.500l3.500 3V3L5 6zM11 5.500a3.500 3.500 0 0 1 0 5M13 3.500a6.200 6.200 0 0 1 0 9"/>',
  ],
} as const satisfies Record<string, readonly [number, string]>

export type IconName = keyof typeof ICONS
