import Files
import Tensors

extension DataSet {
  /// How many examples each part is to get.
  package struct PartSizes: Hashable, Sendable {
    package var train: Int
    package var valid: Int
    package var test: Int

    /// Fills in what is left out: `train` takes what the others leave (a third of it less, for
    /// equal `valid` and `test`, when all are left out); else `test` takes the rest; `valid` is 0.
    ///
    /// Errors: a negative number, more examples than `rows`.
    package init(
      train: Int?, valid: Int?, test: Int?, of rows: Int
    ) throws(DataError) {
      for (part, count) in [("train", train), ("valid", valid), ("test", test)] {
        if let count, count < 0 { throw .splitNegative(part: part, count: count) }
      }
      let isOpen = train == nil && valid == nil && test == nil
      self.valid = valid ?? (isOpen ? rows / 6 : 0)
      let asked = (train ?? 0).addingSaturating(self.valid)
      self.test =
        test ?? (isOpen ? rows / 6 : train == nil ? 0 : max(0, rows - min(rows, asked)))
      let others = self.valid.addingSaturating(self.test)
      self.train = train ?? max(0, rows - min(rows, others))
      guard self.train.addingSaturating(others) <= rows else {
        throw .splitTooLarge(train: self.train, valid: self.valid, test: self.test, rows: rows)
      }
    }
  }

  /// Shuffles all examples, whichever part they are in, and deals them out anew: the first to
  /// train, the next to valid, the next to test; what remains is left out.
  ///
  /// The order is that of NumPy's `np.random.seed(seed); np.random.shuffle(rows)`, so published
  /// splits can be repeated exactly.
  package func splitting(
    train: Int?, valid: Int?, test: Int?, seed: UInt32
  ) throws(DataError) -> DataSet {
    let sizes = try PartSizes(train: train, valid: valid, test: test, of: count)
    return try rearranged { (parts) throws(DataError) in
      let pool = try Split.joined([parts.train, parts.valid, parts.test])
      let order = LegacyMersenneTwister.legacyShuffle(pool.count, seed: seed)
      return try pool.selecting(
        Array(order.prefix(sizes.train + sizes.valid + sizes.test))
      ).dealt(sizes)
    }
  }
}

extension Split {
  /// The first rows as train, the next as valid, the next as test.
  func dealt(_ sizes: DataSet.PartSizes) throws(DataError) -> DataSet.Parts {
    let validEnd = sizes.train + sizes.valid
    return DataSet.Parts(
      train: try rows(0..<sizes.train), valid: try rows(sizes.train..<validEnd),
      test: try rows(validEnd..<validEnd + sizes.test))
  }
}
