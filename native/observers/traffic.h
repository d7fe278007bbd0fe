// Requests, 32-byte sectors and bank conflicts in the words of Nsight Compute.
#pragma once
#include <vector>

#include "launch.h"
#include "machine/observer.h"

namespace decode_lab::observers {

class Traffic final : public machine::Observer {
 public:
  struct Sectors {
    uint64_t loaded, stored;
  };
  void request(const machine::Request& request) override;
  void merge(const Traffic& other);
  const GlobalTraffic& global() const { return global_; }  // its unique bytes are not filled in
  const SharedTraffic& shared() const { return shared_; }
  Sectors sectors(uint32_t buffer) const { return buffer < sectors_.size() ? sectors_[buffer] : Sectors{0, 0}; }

 private:
  void count(const machine::Request& request, bool is_load);
  uint64_t count_sectors(const machine::Request& request, bool is_load);
  GlobalTraffic global_{};
  SharedTraffic shared_{};
  std::vector<Sectors> sectors_;  // [buffer]
};

}  // namespace decode_lab::observers
