// Module level: version, target, files, variables, functions (PTX ISA 5, 11). `.section` bodies (DWARF) are skipped.
#include "ptx/cursor.h"
#include "ptx/function_parser.h"
#include "ptx/module.h"
#include "ptx/reached.h"
#include "ptx/signature_parser.h"
#include "ptx/variable_parser.h"

namespace decode_lab::ptx {

namespace {

class ModuleParser {
 public:
  ModuleParser(std::string_view text, std::string_view entry) : cursor_(tokenize(text)), wanted_(entry) {}

  Module run() {
    while (!cursor_.at_end()) directive();
    if (module_.version.empty() || module_.target.empty()) syntax_error("no .version and .target: not a PTX module", 1);
    name_variables();
    name_aliases();
    for (Function& entry : module_.entries)
      if (entry.name == wanted_) return read_from(entry), std::move(module_);
    return std::move(module_);
  }

 private:
  void directive() {
    const Token& token = cursor_.peek();
    if (token.kind == Token::Kind::inline_asm_begin || token.kind == Token::Kind::inline_asm_end)
      return void(cursor_.next());
    if (token.is(';')) return void(cursor_.next());
    std::string name = cursor_.word("a directive");
    if (name == ".visible" || name == ".weak" || name == ".common") name = cursor_.word("a directive");
    if (name == ".version") return version();
    if (name == ".target") return target();
    if (name == ".address_size") return address_size();
    if (name == ".file") return file();
    if (name == ".section") return section();
    if (name == ".pragma") return pragma();
    if (name == ".extern") return void(is_extern_ = true);
    if (name == ".entry") return entry();
    if (name == ".func") return device_function();
    if (name == ".alias") return alias(token.line);
    if (name == ".global") return variable(StateSpace::global);
    if (name == ".const") return variable(StateSpace::constant);
    if (name == ".shared") return variable(StateSpace::shared);
    if (name == ".tex" || name == ".metadata") unsupported("directive '" + name + "'", token.line);
    syntax_error("'" + name + "' is not a module directive", token.line);
  }

  void version() {
    const Token& token = cursor_.next();
    if (token.kind != Token::Kind::f64)
      syntax_error("expected a version such as 8.8, found '" + std::string(token.text) + "'", token.line);
    module_.version = token.text;
  }

  void target() {
    module_.target = cursor_.word("a target such as sm_80");
    while (cursor_.accept(',')) cursor_.word("a target option");
    if (!module_.target.starts_with("sm_"))
      syntax_error("target '" + module_.target + "' is not an sm_ target", cursor_.line());
  }

  void address_size() {
    const int line = cursor_.line();
    if (const uint64_t bits = cursor_.integer("64"); bits != 64)
      unsupported(".address_size " + std::to_string(bits) + " (64 is)", line);
  }

  void file() {
    const auto index = static_cast<uint32_t>(cursor_.integer("a file index"));
    module_.files[index] = cursor_.string("a file name");
    while (cursor_.accept(',')) cursor_.integer("a time stamp or size");
  }

  void section() {
    while (!cursor_.peek().is('{')) cursor_.word("a section name");
    cursor_.skip_braces();
  }

  void pragma() {
    cursor_.string("a pragma");
    cursor_.expect(';');
  }

  void variable(StateSpace space) {
    for (Variable& variable : parse_variables(cursor_, space, is_extern_))
      module_.variables.push_back(std::move(variable));
    cursor_.expect(';');
    is_extern_ = false;
  }

  void entry() {
    is_extern_ = false;
    Function& entry = module_.entries.emplace_back();
    entry.is_entry = true;
    entry.line = cursor_.line();
    entry.name = cursor_.word("an entry name");
    parse_kernel_parameters(cursor_, entry);
    parse_directives(cursor_, entry);
    skip_body(entry);
    if (!entry.has_body) module_.entries.pop_back();  // a declaration
  }

  void device_function() {
    is_extern_ = false;
    Function declared{};
    if (cursor_.peek().is_word(".attribute")) unsupported("attributes of a function", cursor_.line());
    if (cursor_.peek().is('(')) declared.results = parse_formals(cursor_, ParameterRole::result);
    declared.line = cursor_.line();
    declared.name = cursor_.word("a function name");
    if (cursor_.peek().is('(')) declared.parameters = parse_formals(cursor_, ParameterRole::input);
    parse_directives(cursor_, declared);
    const bool has_body = cursor_.peek().is('{');
    const auto [known, is_new] = module_.function_names.try_emplace(declared.name, nullptr);
    if (is_new) {
      known->second = &module_.functions.emplace_back(std::move(declared));
    } else {
      require_same_signature(declared, *known->second, declared.name, declared.line);
      if (has_body && known->second->has_body)
        invalid_ptx("function '" + declared.name + "' is defined twice", declared.line);
      if (has_body) *known->second = std::move(declared);
    }
    skip_body(*known->second);
  }

  // Bodies are read once everything is declared, and only those that the wanted entry reaches.
  void skip_body(Function& function) {
    if (cursor_.accept(';')) return;
    function.has_body = true;
    bodies_[&function] = cursor_.position();
    cursor_.skip_braces();
  }

  void read_from(Function& entry) {
    parse_reached(module_, entry, [this](Function& function) {
      cursor_.seek(bodies_.at(&function));
      parse_body(cursor_, function, module_);
    });
  }

  void alias(int line) {
    const std::string name = cursor_.word("an alias");
    cursor_.expect(',');
    aliases_.push_back({name, cursor_.word("a function"), line});
    cursor_.expect(';');
  }

  void name_aliases() {
    for (const auto& [name, aliased, line] : aliases_) {
      const auto function = module_.function_names.find(aliased);
      if (function == module_.function_names.end() || !function->second->has_body)
        invalid_ptx("alias '" + name + "' of '" + aliased + "', which the module does not define", line);
      const auto [known, is_new] = module_.function_names.try_emplace(name, function->second);
      if (is_new) continue;
      if (known->second->has_body) invalid_ptx("alias '" + name + "' is a function with a body", line);
      require_same_signature(*known->second, *function->second, name, line);
      known->second = function->second;
    }
  }

  // A variable may be declared .extern before its definition.
  void name_variables() {
    for (Variable& variable : module_.variables) {
      Variable*& known = module_.variable_names[variable.name];
      if (known == nullptr || (known->is_extern && !variable.is_extern))
        known = &variable;
      else if (!variable.is_extern && !known->is_extern)
        invalid_ptx("variable '" + variable.name + "' is declared twice", variable.line);
    }
  }

  struct Alias {
    std::string name, aliased;
    int line;
  };

  Cursor cursor_;
  std::string_view wanted_;
  Module module_;
  std::map<const Function*, size_t> bodies_;
  std::vector<Alias> aliases_;
  bool is_extern_ = false;
};

}  // namespace

const Function* Module::find_function(std::string_view name) const {
  const auto known = function_names.find(name);
  return known != function_names.end() ? known->second : nullptr;
}

const Variable* Module::find_variable(std::string_view name) const {
  const auto known = variable_names.find(name);
  return known != variable_names.end() ? known->second : nullptr;
}

Module parse(std::string_view text, std::string_view entry) { return ModuleParser(text, entry).run(); }

}  // namespace decode_lab::ptx
