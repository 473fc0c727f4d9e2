import Networks
import Runtime
import Syntax
import Tensors

/// What `explain EXPR` tells.
package struct Explanation {
  package static func of(_ thunk: Thunk, on machine: Machine) throws -> Explanation {
    Explanation()
  }
  package func text(width: Int) -> String { "" }
}
