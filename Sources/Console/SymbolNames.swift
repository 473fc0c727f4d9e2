/// What `\alpha` and the like become at Tab.
package enum SymbolNames {
  package static let all: [String: String] = {
    var names: [String: String] = [:]
    let greek = [
      "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
      "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "", "sigma", "tau", "upsilon", "phi",
      "chi", "psi", "omega",
    ]
    for (place, name) in greek.enumerated() where !name.isEmpty {
      let offset = UInt32(place)
      guard let small = Unicode.Scalar(0x3B1 + offset), let large = Unicode.Scalar(0x391 + offset)
      else { continue }
      names[name] = String(Character(small))
      names[name.prefix(1).uppercased() + name.dropFirst()] = String(Character(large))
    }
    return names
  }()
}
