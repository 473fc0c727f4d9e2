/// What each epoch of training measured: lists of numbers, one an epoch.
package struct History: Sendable, Hashable {
  /// The loss of the epoch's own forward passes, averaged over rows.
  package var loss: [Double] = []
  /// The share of right answers in the epoch's own forward passes; nan where the task has none.
  package var accuracy: [Double] = []
  /// The loss on the validation data at the epoch's end; nan where it was not measured.
  package var validationLoss: [Double] = []
  /// The accuracy on the validation data at the epoch's end; nan where it was not measured or the
  /// task has none.
  package var validationAccuracy: [Double] = []

  /// Empty lists.
  package init() {}

  /// How many epochs were recorded.
  package var count: Int { loss.count }
}
