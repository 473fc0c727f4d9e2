import Language

extension CheckSubject {
  /// One check for each number or tensor that a record, a list or a network holds, as its gradient
  /// has the same parts; nil where the variable is a number or a tensor itself.
  ///
  /// - Parameter someLackInfluence: whether the loss is known to depend on some of them, so that the
  ///   others need not matter to it.
  /// - Throws: where the gradient has other parts than the variable.
  package func parts(someLackInfluence: Bool) throws -> [CheckSubject]? {
    let value = try variable.read()
    guard value.isParameterTree else { return nil }
    let leaves = try value.leaves(named: variable.name)
    let given = try gradientLeaves()
    return try leaves.enumerated().map { index, leaf in
      let path = String(leaf.path.dropFirst(variable.name.count))
      guard given[path] != nil else {
        throw RuntimeError.other(
          "\(gradient.text) has no part for \(leaf.path)",
          hint:
            "a gradient has the parts of \(variable.name), as grad \(loss.text) wrt \(variable.name) "
            + "gives them")
      }
      var part = CheckSubject(
        gradient: gradientPart(path), loss: loss, variable: variablePart(index, leaf.path))
      part.mayLackInfluence = someLackInfluence
      return part
    }
  }

  /// What reports call the gradient, before a part of it.
  private var gradientName: String {
    gradient.text.contains(" ") ? "(\(gradient.text))" : gradient.text
  }

  /// The parts of the gradient, by the paths that lead to them.
  private func gradientLeaves() throws -> [String: Value] {
    let value = try gradient.evaluate()
    guard value.isParameterTree else {
      throw RuntimeError.other(
        "\(variable.name) has parts, and \(gradient.text) is \(value.kindPhrase)",
        hint: "a gradient of all of them is a record of the same structure; of one, wrt "
          + "\(try variable.read().leaves(named: variable.name).first?.path ?? variable.name)")
    }
    let leaves = try value.leaves(named: "").map { ($0.path, $0.value) }
    return Dictionary(leaves) { first, _ in first }
  }

  private func gradientPart(_ path: String) -> Part {
    var part = Part(
      text: gradientName + path, expression: gradient.expression, source: gradient.source
    ) { [self] in
      guard let value = try gradientLeaves()[path] else {
        throw RuntimeError.other("\(gradient.text) has no \(path)", hint: nil)
      }
      return value
    }
    part.written = gradient.written
    return part
  }

  private func variablePart(_ index: Int, _ path: String) -> Variable {
    Variable(
      name: path,
      read: { [variable] in
        let leaves = try variable.read().leaves(named: variable.name)
        return leaves.indices.contains(index) ? leaves[index].value : .none
      },
      write: { [variable] in
        try variable.write(variable.read().replacingLeaf(index, by: $0))
      }, save: variable.save, restore: variable.restore)
  }
}
