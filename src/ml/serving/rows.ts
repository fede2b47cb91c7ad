/** Rows that a model is asked about, in whatever form they came. */

export interface Rows {
  /** Names of the values in each row; null when only their order is known. */
  readonly columns: readonly string[] | null;
  readonly rows: readonly (readonly unknown[])[];
}

/** What a request may say beside its rows: MLflow's `params`, OIP's `parameters`. */
export type PredictParams = { readonly [name: string]: unknown };

export interface Prediction {
  /** One for each row. */
  readonly predictions: readonly unknown[];
  /** Further outputs by name, each with one value for each row: the probabilities of the classes, …  */
  readonly more: { readonly [output: string]: readonly unknown[] };
}
