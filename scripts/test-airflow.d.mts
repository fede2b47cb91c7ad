/** Path of the interpreter of the environment with the real Airflow, or null where it is not made. */
export function airflowPython(): string | null;
/** Makes it where it is not there. Returns why it could not be, or null. */
export function makeAirflow(): string | null;
