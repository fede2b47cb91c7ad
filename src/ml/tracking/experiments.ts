/** Experiments by their names. */
import type { TrackingClient } from "./client.ts";

/** The id of the experiment, which is made when it is not there. */
export async function findOrCreateExperiment(client: TrackingClient, name: string): Promise<string> {
  const find = async (): Promise<string> => {
    const { experiment } = await client.call<{ experiment: { experiment_id: string } }>(
      "GET",
      "experiments/get-by-name",
      { experiment_name: name },
    );
    return experiment.experiment_id;
  };
  const refused = (error: unknown, code: string): boolean =>
    error instanceof Error && error.message.includes(code);
  try {
    return await find();
  } catch (error) {
    if (!refused(error, "RESOURCE_DOES_NOT_EXIST")) throw error;
  }
  try {
    return (await client.call<{ experiment_id: string }>("POST", "experiments/create", { name }))
      .experiment_id;
  } catch (error) {
    // Another task made it meanwhile.
    if (!refused(error, "RESOURCE_ALREADY_EXISTS")) throw error;
    return find();
  }
}
