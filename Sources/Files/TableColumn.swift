import Tensors

/// A column of a table with names: numbers, truth values or text, one entry a row.
package struct TableColumn: Sendable {
  package enum Content: Sendable {
    /// A vector; of truth values where the cells are those. NaN stands for a missing number.
    case numbers(Tensor)
    /// An empty string stands for a missing text.
    case texts([String])
  }

  package var name: String
  package var content: Content

  package init(name: String, content: Content) {
    self.name = name
    self.content = content
  }

  /// The number of rows.
  package var count: Int {
    switch content {
    case .numbers(let tensor): tensor.count
    case .texts(let texts): texts.count
    }
  }

  /// Names as columns can bear them: none is empty, none occurs twice.
  ///
  /// The first column of a table that pandas wrote has no name: it is the index.
  static func uniqueNames(_ names: [String]) -> [String] {
    var taken = Set(names)
    var seen: Set<String> = []
    return names.enumerated().map { place, name in
      if !name.isEmpty, seen.insert(name).inserted { return name }
      let stem = name.isEmpty ? (place == 0 ? "index" : "column") : name
      var number = name.isEmpty ? place + 1 : 2
      var candidate = name.isEmpty && place == 0 ? stem : "\(stem)_\(number)"
      while !taken.insert(candidate).inserted {
        candidate = "\(stem)_\(number)"
        number += 1
      }
      seen.insert(candidate)
      return candidate
    }
  }
}
