#pragma once

#include "examiner/examiner.h"
#include "examiner/examiner_options.h"
#include "examiner/pool.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace sightingd {

/// One examining process that is started when the first picture comes: a daemon that only serves
/// its store rarely sees one, and must erase and show where no process can be started.
/// Use it from its executor, one picture at a time.
class LateExaminer final : public Examiner {
 public:
  LateExaminer(boost::asio::any_io_executor executor, const ExaminerOptions& options);

  /// See Examiner. Fails with Unavailable as long as the process cannot be started; the message
  /// says why.
  boost::asio::awaitable<Result<Examination>> examine(std::string bytes) override;

  /// Always empty: it is only known when it is asked to examine.
  std::string cannot_examine() const override { return {}; }

  /// Ends the process, if there is one.
  boost::asio::awaitable<void> stop();

 private:
  boost::asio::awaitable<Result<void>> start();

  const boost::asio::any_io_executor executor_;
  ExaminerOptions options_;
  std::unique_ptr<ExaminerPool> pool_;
  bool started_ = false;
};

/// What to say when find_examiner_program() finds none.
Error no_examiner_program();

}  // namespace sightingd
