import { describe, expect, it } from "vitest";
import {
  kFold,
  loadIris,
  RandomState,
  type Split,
  stratifiedKFold,
  trainTestIndices,
  trainTestSplit,
} from "../../src/ml/index.ts";
import { goldens } from "./goldens/goldens.ts";

const plain = ({ train, test }: Split) => ({ train: Array.from(train), test: Array.from(test) });

describe("random numbers", () => {
  const golden = goldens.randomState;

  it("are those of NumPy's RandomState for the same seed", () => {
    const random = new RandomState(42);
    expect(Array.from({ length: 5 }, () => random.uint32())).toEqual(golden.uint32);
    const again = new RandomState(42);
    expect(Array.from({ length: 5 }, () => again.uniform())).toEqual(golden.uniform);
    const gauss = Array.from({ length: 5 }, () => again.gauss());
    gauss.forEach((value, i) => expect(value).toBeCloseTo(golden.gauss[i], 14));
    // The spare of the fifth normal stays with the generator, and permutations do not use it.
    expect(Array.from(again.permutation(20))).toEqual(golden.permutation);
    expect(Array.from(again.choose([10, 20, 30, 40, 50], 3))).toEqual(golden.choice);
  });

  it("shuffle over the end of the state and with the largest seed", () => {
    expect(Array.from(new RandomState(4294967295).permutation(1000))).toEqual(golden.permutationOf1000);
  });

  it("refuse a seed that NumPy refuses", () => {
    expect(() => new RandomState(-1)).toThrow("expected a seed from 0 to 4294967295, got -1");
    expect(() => new RandomState(0.5)).toThrow("got 0.5");
  });
});

describe("train and test sets", () => {
  const golden = goldens.splits;

  it("are scikit-learn's for the same seed", () => {
    expect(plain(trainTestIndices(150, { testSize: 0.2, seed: 42 }))).toEqual(golden.plain);
    expect(plain(trainTestIndices(150, { testSize: 17, trainSize: 0.5, seed: 7 }))).toEqual(golden.byCount);
  });

  it("keep the proportions of classes as scikit-learn does", async () => {
    const { y } = await loadIris();
    expect(plain(trainTestIndices(150, { testSize: 0.2, seed: 42, stratify: y }))).toEqual(golden.stratified);
    const uneven = trainTestIndices(23, { testSize: 0.3, seed: 3, stratify: golden.uneven });
    expect(plain(uneven)).toEqual(golden.unevenStratified);
  });

  it("carry the rows and targets of their indices", async () => {
    const { x, y } = await loadIris();
    const split = trainTestSplit(x, y, { testSize: 0.2, seed: 42 });
    expect([split.xTrain.rows, split.xTest.rows]).toEqual([120, 30]);
    expect(Array.from(split.xTest.row(3))).toEqual(Array.from(x.row(split.test[3])));
    expect(split.yTrain[7]).toBe(y[split.train[7]]);
  });

  it("are refused when they cannot be made", () => {
    expect(() => trainTestIndices(10, { testSize: 1.5, seed: 0 })).toThrow("expected testSize in (0, 1)");
    expect(() => trainTestIndices(10, { testSize: 8, trainSize: 8, seed: 0 })).toThrow("got 8 and 8");
    expect(() => trainTestIndices(3, { testSize: 1, seed: 0, stratify: [0, 0, 1] })).toThrow(
      "got 1 of class 1",
    );
  });
});

describe("folds", () => {
  const golden = goldens.splits;

  it("are scikit-learn's, shuffled or not", () => {
    expect(kFold(23, { folds: 4 }).map(plain)).toEqual(golden.kFold);
    expect(kFold(23, { folds: 4, seed: 11 }).map(plain)).toEqual(golden.kFoldShuffled);
    expect(stratifiedKFold(golden.uneven, { folds: 3 }).map(plain)).toEqual(golden.stratifiedKFold);
    expect(stratifiedKFold(golden.uneven, { folds: 3, seed: 5 }).map(plain)).toEqual(
      golden.stratifiedKFoldShuffled,
    );
  });

  it("are refused when there are more than samples", () => {
    expect(() => kFold(3, { folds: 4 })).toThrow("expected 2 to 3 folds, got 4");
    expect(() => stratifiedKFold([0, 0, 1, 1], { folds: 3 })).toThrow("expected at most 2 folds");
  });
});
