export function mlflowPython(major: 2 | 3): string | null;
export function makeMlflow(major: 2 | 3): string | null;
