// Requests, 32-byte sectors and bank conflicts in the words of Nsight Compute.
#pragma once
#include "launch.h"
#include "machine/observer.h"

namespace decode_lab::observers {

class Traffic final : public machine::Observer {
 public:
  void request(const machine::Request& request) override;
  void merge(const Traffic& other);
  const GlobalTraffic& global() const { return global_; }  // its unique bytes are not filled in
  const SharedTraffic& shared() const { return shared_; }

 private:
  void count(const machine::Request& request, bool is_load);
  GlobalTraffic global_{};
  SharedTraffic shared_{};
};

}  // namespace decode_lab::observers
